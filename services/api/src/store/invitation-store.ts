import type { InvitationTable, UserTable } from './account-tables.js';
import type { Store } from './open-store.js';

/** The SQL of invitations: one for a user, and a new one takes the place of the old one. */
export class InvitationStore {
  constructor(private readonly db: Store) {}

  async put(row: InvitationTable): Promise<void> {
    const { hash, expires_at } = row;
    await this.db
      .insertInto('invitations')
      .values(row)
      .onConflict((conflict) => conflict.column('user_guid').doUpdateSet({ hash, expires_at }))
      .execute();
  }

  /** Who is invited by it; undefined when it is over, or the user is no longer waiting. */
  invited(hash: string, now: number): Promise<UserTable | undefined> {
    return this.db
      .selectFrom('invitations')
      .innerJoin('users', 'users.guid', 'invitations.user_guid')
      .selectAll('users')
      .where('invitations.hash', '=', hash)
      .where('invitations.expires_at', '>', now)
      .where('users.status', '=', -1)
      .executeTakeFirst();
  }

  /** Uses it up and lets the user in; false when another request was first. */
  async accept(hash: string, userGuid: string, passwordHash: string): Promise<boolean> {
    return this.db.transaction().execute(async (trx) => {
      const used = await trx
        .deleteFrom('invitations')
        .where('hash', '=', hash)
        .where('user_guid', '=', userGuid)
        .executeTakeFirst();
      if (used.numDeletedRows !== 1n) return false;
      const done = await trx
        .updateTable('users')
        .set({ password_hash: passwordHash, password_given: 0, status: 1 })
        .where('guid', '=', userGuid)
        .where('status', '=', -1)
        .executeTakeFirst();
      return done.numUpdatedRows === 1n;
    });
  }
}

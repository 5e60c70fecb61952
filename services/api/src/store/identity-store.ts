import type { UserTable } from './account-tables.js';
import type { Store } from './open-store.js';

/** The SQL of who somebody is elsewhere, and of the devices that he has signed in on. */
export class IdentityStore {
  constructor(private readonly db: Store) {}

  userOf(source: string, subject: string): Promise<UserTable | undefined> {
    return this.db
      .selectFrom('external_identities')
      .innerJoin('users', 'users.guid', 'external_identities.user_guid')
      .selectAll('users')
      .where('source', '=', source)
      .where('subject', '=', subject)
      .executeTakeFirst();
  }

  /** False when the identity belongs to somebody already. */
  async link(source: string, subject: string, userGuid: string): Promise<boolean> {
    const now = Date.now();
    const done = await this.db
      .insertInto('external_identities')
      .values({ source, subject, user_guid: userGuid, created_at: now, vouched_at: now })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    return done.numInsertedOrUpdatedRows === 1n;
  }

  /** The other place has just said that it is still him. */
  async vouched(source: string, subject: string): Promise<void> {
    await this.db
      .updateTable('external_identities')
      .set({ vouched_at: Date.now() })
      .where('source', '=', source)
      .where('subject', '=', subject)
      .execute();
  }

  /** Who vouches for a user, and when each last did. */
  async vouchers(userGuid: string): Promise<{ source: string; vouched_at: number }[]> {
    const rows = this.db.selectFrom('external_identities').select(['source', 'vouched_at']);
    return rows.where('user_guid', '=', userGuid).execute();
  }

  /**
   * The next `limit` users after `guid` who are logged in, have no password here and are known to
   * `source`; in the order of their guids.
   */
  async loggedInFrom(
    source: string,
    guid: string,
    limit: number,
  ): Promise<(UserTable & { subject: string })[]> {
    const logins = this.db
      .selectFrom('login_tokens')
      .select('user_guid')
      .where('expires_at', '>', Date.now());
    return this.db
      .selectFrom('external_identities')
      .innerJoin('users', 'users.guid', 'external_identities.user_guid')
      .selectAll('users')
      .select('subject')
      .where('source', '=', source)
      .where('users.password_hash', 'is', null)
      .where('users.guid', '>', guid)
      .where('users.guid', 'in', logins)
      .orderBy('users.guid')
      .limit(limit)
      .execute();
  }

  async isLinked(userGuid: string): Promise<boolean> {
    const row = this.db.selectFrom('external_identities').select('source');
    return (await row.where('user_guid', '=', userGuid).executeTakeFirst()) !== undefined;
  }

  /** Users with exactly this address, at most two: more than one is as bad as many. */
  async usersByEmail(email: string): Promise<UserTable[]> {
    return this.db
      .selectFrom('users')
      .selectAll()
      .where((where) => where(where.fn<string>('lower', ['email']), '=', email.toLowerCase()))
      .limit(2)
      .execute();
  }

  async knowsDevice(userGuid: string, id: string, uuid: string): Promise<boolean> {
    const row = await this.db
      .selectFrom('known_devices')
      .select('seen_at')
      .where('user_guid', '=', userGuid)
      .where('device_id', '=', id)
      .where('device_uuid', '=', uuid)
      .executeTakeFirst();
    return row !== undefined;
  }

  async rememberDevice(userGuid: string, id: string, uuid: string): Promise<void> {
    const seen_at = Date.now();
    await this.db
      .insertInto('known_devices')
      .values({ user_guid: userGuid, device_id: id, device_uuid: uuid, seen_at })
      .onConflict((conflict) =>
        conflict.columns(['user_guid', 'device_id', 'device_uuid']).doUpdateSet({ seen_at }),
      )
      .execute();
  }

  async forgetDevices(before: number): Promise<void> {
    await this.db.deleteFrom('known_devices').where('seen_at', '<', before).execute();
  }
}

import type { Store } from './open-store.js';
import type { AvatarTable } from './record-tables.js';

/** The SQL of the users' pictures. */
export class AvatarStore {
  constructor(private readonly db: Store) {}

  /** Replaces the user's picture and says in his account where it is; all or nothing. */
  async set(picture: AvatarTable, path: string): Promise<void> {
    await this.db.transaction().execute(async (trx) => {
      const { user_guid, ...rest } = picture;
      await trx
        .insertInto('avatars')
        .values(picture)
        .onConflict((conflict) => conflict.column('user_guid').doUpdateSet(rest))
        .execute();
      const account = trx.updateTable('users').set({ avatar: path });
      await account.where('guid', '=', user_guid).execute();
    });
  }

  async remove(userGuid: string): Promise<void> {
    await this.db.transaction().execute(async (trx) => {
      await trx.deleteFrom('avatars').where('user_guid', '=', userGuid).execute();
      await trx.updateTable('users').set({ avatar: '' }).where('guid', '=', userGuid).execute();
    });
  }

  byName(name: string): Promise<AvatarTable | undefined> {
    return this.db.selectFrom('avatars').selectAll().where('name', '=', name).executeTakeFirst();
  }
}

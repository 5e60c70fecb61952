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
    const done = await this.db
      .insertInto('external_identities')
      .values({ source, subject, user_guid: userGuid, created_at: Date.now() })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    return done.numInsertedOrUpdatedRows === 1n;
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

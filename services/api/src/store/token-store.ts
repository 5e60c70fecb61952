import type { ApiTokenTable, LoginTokenTable, UserTable } from './account-tables.js';
import type { Store } from './open-store.js';

/** A login that counts now, and whose it is. */
export interface GoodLogin {
  readonly hash: string;
  readonly user_guid: string;
  readonly user_name: string;
  readonly expires_at: number;
}

/** The SQL of login tokens and API tokens: two tables, so that neither is ever taken for the other. */
export class TokenStore {
  constructor(private readonly db: Store) {}

  async addLogin(row: LoginTokenTable): Promise<void> {
    await this.db.insertInto('login_tokens').values(row).execute();
  }

  /** A token that has not expired, with its user. */
  async findLogin(
    hash: string,
    now: number,
  ): Promise<{ token: LoginTokenTable; user: UserTable } | undefined> {
    const token = await this.db
      .selectFrom('login_tokens')
      .selectAll()
      .where('hash', '=', hash)
      .where('expires_at', '>', now)
      .executeTakeFirst();
    if (token === undefined) return undefined;
    const user = await this.db
      .selectFrom('users')
      .selectAll()
      .where('guid', '=', token.user_guid)
      .executeTakeFirst();
    return user === undefined ? undefined : { token, user };
  }

  async prolong(hash: string, usedAt: number, expiresAt: number): Promise<void> {
    await this.db
      .updateTable('login_tokens')
      .set({ used_at: usedAt, expires_at: expiresAt })
      .where('hash', '=', hash)
      .execute();
  }

  async removeLogin(hash: string): Promise<void> {
    await this.db.deleteFrom('login_tokens').where('hash', '=', hash).execute();
  }

  /** Returns the hashes of what is gone. */
  async removeLoginsOf(userGuids: readonly string[]): Promise<string[]> {
    if (userGuids.length === 0) return [];
    const gone = this.db.deleteFrom('login_tokens').where('user_guid', 'in', userGuids);
    return (await gone.returning('hash').execute()).map(({ hash }) => hash);
  }

  /** Returns the hashes of what is gone. */
  async removeLoginsExcept(userGuid: string, hash: string): Promise<string[]> {
    const gone = this.db
      .deleteFrom('login_tokens')
      .where('user_guid', '=', userGuid)
      .where('hash', '!=', hash);
    return (await gone.returning('hash').execute()).map((row) => row.hash);
  }

  /** Those of `hashes` that count at `now`. */
  goodLogins(hashes: readonly string[], now: number): Promise<GoodLogin[]> {
    return this.#good(now).where('login_tokens.hash', 'in', hashes).execute();
  }

  /** The next `limit` that count at `now`, in the order of their hashes. */
  goodLoginsAfter(hash: string, limit: number, now: number): Promise<GoodLogin[]> {
    const next = this.#good(now).where('login_tokens.hash', '>', hash);
    return next.orderBy('login_tokens.hash').limit(limit).execute();
  }

  async removeExpired(now: number): Promise<void> {
    await this.db.deleteFrom('login_tokens').where('expires_at', '<=', now).execute();
    await this.db.deleteFrom('login_challenges').where('expires_at', '<=', now).execute();
  }

  /** The user who last signed in on exactly this device. */
  async userOn(deviceId: string, deviceUuid: string): Promise<string | undefined> {
    const row = await this.db
      .selectFrom('login_tokens')
      .innerJoin('users', 'users.guid', 'login_tokens.user_guid')
      .select('login_tokens.user_guid')
      .where('device_id', '=', deviceId)
      .where('device_uuid', '=', deviceUuid)
      .where('users.status', '=', 1)
      .orderBy('login_tokens.created_at', 'desc')
      .executeTakeFirst();
    return row?.user_guid;
  }

  async addApiToken(row: ApiTokenTable): Promise<void> {
    await this.db.insertInto('api_tokens').values(row).execute();
  }

  async findApiToken(
    hash: string,
    now: number,
  ): Promise<{ token: ApiTokenTable; owner: UserTable } | undefined> {
    const token = await this.db
      .selectFrom('api_tokens')
      .selectAll()
      .where('hash', '=', hash)
      .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', now)]))
      .executeTakeFirst();
    if (token === undefined) return undefined;
    const owner = await this.db
      .selectFrom('users')
      .selectAll()
      .where('guid', '=', token.owner_guid)
      .executeTakeFirst();
    return owner === undefined ? undefined : { token, owner };
  }

  async listApiTokens(): Promise<ApiTokenTable[]> {
    return this.db.selectFrom('api_tokens').selectAll().orderBy('created_at').execute();
  }

  async removeApiToken(guid: string): Promise<boolean> {
    const done = await this.db.deleteFrom('api_tokens').where('guid', '=', guid).executeTakeFirst();
    return done.numDeletedRows === 1n;
  }

  async touchApiToken(guid: string, usedAt: number): Promise<void> {
    await this.db
      .updateTable('api_tokens')
      .set({ used_at: usedAt })
      .where('guid', '=', guid)
      .execute();
  }

  #good(now: number) {
    return this.db
      .selectFrom('login_tokens')
      .innerJoin('users', 'users.guid', 'login_tokens.user_guid')
      .select([
        'login_tokens.hash',
        'login_tokens.user_guid',
        'login_tokens.expires_at',
        'users.name as user_name',
      ])
      .where('users.status', '=', 1)
      .where('login_tokens.expires_at', '>', now);
  }
}

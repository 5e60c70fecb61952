import type { UserStatus, UserTable } from './account-tables.js';
import { like } from './like.js';
import type { Store } from './open-store.js';
import type { Page, Paged } from '../http/page.js';

/** Narrows the list of users; `%` stands for anything. */
export interface UserFilter {
  readonly name?: string;
  readonly group_name?: string;
}

/** A user as operators list him. */
export type ListedUser = UserTable & { group_name: string | null };

/** The SQL of users as operators see them. */
export class UserListStore {
  constructor(private readonly db: Store) {}

  async list(filter: UserFilter, page: Page): Promise<Paged<ListedUser>> {
    const { name, group_name } = filter;
    const matching = this.db
      .selectFrom('users')
      .leftJoin('user_groups', 'user_groups.guid', 'users.group_guid')
      .$if(name !== undefined, (query) => query.where(like('users.name', name ?? '')))
      .$if(group_name !== undefined, (query) =>
        query.where(like('user_groups.name', group_name ?? '')),
      );
    const counted = matching.select(({ fn }) => fn.countAll<number>().as('total'));
    const { total } = await counted.executeTakeFirstOrThrow();
    const data = await matching
      .selectAll('users')
      .select('user_groups.name as group_name')
      .orderBy('users.name_key')
      .limit(page.limit)
      .offset(page.offset)
      .execute();
    return { total, data };
  }

  /** Sets the status; a user who is shut out is also logged out. Returns the hashes of his logins. */
  async setStatus(guid: string, status: UserStatus): Promise<string[]> {
    return this.db.transaction().execute(async (trx) => {
      await trx.updateTable('users').set({ status }).where('guid', '=', guid).execute();
      return status === 1 ? [] : endLogins(trx, guid);
    });
  }

  /** Returns the hashes of the logins that end with him. */
  async remove(guid: string): Promise<string[]> {
    return this.db.transaction().execute(async (trx) => {
      const ended = await endLogins(trx, guid);
      await trx
        .deleteFrom('access_grants')
        .where('from_kind', '=', 'user')
        .where('from_guid', '=', guid)
        .execute();
      await trx
        .deleteFrom('book_rules')
        .where('target_kind', '=', 'user')
        .where('target_guid', '=', guid)
        .execute();
      await trx.deleteFrom('users').where('guid', '=', guid).execute();
      return ended;
    });
  }

  /** Administrators who can sign in. */
  async activeAdmins(): Promise<string[]> {
    const rows = await this.db
      .selectFrom('users')
      .select('guid')
      .where('is_admin', '=', 1)
      .where('status', '=', 1)
      .execute();
    return rows.map(({ guid }) => guid);
  }
}

async function endLogins(db: Store, userGuid: string): Promise<string[]> {
  const gone = db.deleteFrom('login_tokens').where('user_guid', '=', userGuid);
  return (await gone.returning('hash').execute()).map(({ hash }) => hash);
}

import type { UserStatus, UserTable } from './account-tables.js';
import { listShapes } from './list-shapes.js';
import { Listing, type ListWish } from './listing.js';
import type { Store } from './open-store.js';
import type { Page, Paged } from '../http/page.js';

/** A user as operators list him. */
export type ListedUser = UserTable & {
  group_name: string | null;
  control_role_name: string | null;
};

/** Users that one statement names. */
const PORTION = 500;

/** The SQL of users as operators see them. */
export class UserListStore {
  constructor(private readonly db: Store) {}

  list(wish: ListWish, page: Page): Promise<Paged<ListedUser>> {
    return new Listing<ListedUser>(this.db, listShapes.users).page(wish, page);
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

  /** Whether these users have to have an authenticator app. */
  async requireTotp(guids: readonly string[], required: boolean): Promise<void> {
    const totp_required = required ? 1 : 0;
    for (let at = 0; at < guids.length; at += PORTION) {
      const users = this.db.updateTable('users').set({ totp_required });
      await users.where('guid', 'in', guids.slice(at, at + PORTION)).execute();
    }
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

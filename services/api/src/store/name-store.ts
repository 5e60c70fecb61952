import type { Store } from './open-store.js';
import { nameKey } from './user-store.js';

/** Looks guids up by the names that people type. */
export class NameStore {
  constructor(private readonly db: Store) {}

  user(name: string): Promise<string | undefined> {
    return this.#guid('users', name);
  }

  userGroup(name: string): Promise<string | undefined> {
    return this.#guid('user_groups', name);
  }

  deviceGroup(name: string): Promise<string | undefined> {
    return this.#guid('device_groups', name);
  }

  strategy(name: string): Promise<string | undefined> {
    return this.#guid('strategies', name);
  }

  async #guid(
    table: 'users' | 'user_groups' | 'device_groups' | 'strategies',
    name: string,
  ): Promise<string | undefined> {
    const row = await this.db
      .selectFrom(table)
      .select('guid')
      .where('name_key', '=', nameKey(name))
      .executeTakeFirst();
    return row?.guid;
  }
}

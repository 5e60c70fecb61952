import { sql } from 'kysely';
import type { Store } from './open-store.js';

interface Named {
  readonly key: string;
  readonly name: string;
}

/** Tables whose rows have a guid and a name. */
const NAMED = [
  'users',
  'user_groups',
  'device_groups',
  'strategies',
  'control_roles',
  'address_books',
  'api_tokens',
] as const;

/** The names of what operators act on. */
export class SubjectStore {
  constructor(private readonly db: Store) {}

  /** By guid the name of everything that has one; devices by guid and by id, whichever is asked for. Made for few keys. */
  async names(keys: readonly string[]): Promise<Map<string, string>> {
    if (keys.length === 0) return new Map();
    const among = sql`(${sql.join(keys)})`;
    const named = NAMED.map(
      (table) => sql`select guid as key, name from ${sql.table(table)} where guid in ${among}`,
    );
    const shown = sql`case when device_name <> '' then device_name else hostname end`;
    const device = sql`case when ${shown} = '' then id else ${shown} || ' (' || id || ')' end
      from devices where guid in ${among} or id in ${among}`;
    const { rows } = await sql<Named>`
      ${sql.join(named, sql` union all `)}
      union all select guid, ${device}
      union all select id, ${device}
      union all select book_rules.guid, 'book ' || address_books.name || ' → ' ||
          coalesce('user ' || users.name, 'group ' || user_groups.name, 'for everyone')
        from book_rules join address_books on address_books.guid = book_rules.book_guid
          left join users on users.guid = book_rules.target_guid
          left join user_groups on user_groups.guid = book_rules.target_guid
        where book_rules.guid in ${among}`.execute(this.db);
    return new Map(rows.map(({ key, name }) => [key, name]));
  }
}

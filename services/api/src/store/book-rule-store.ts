import type { BookRight, BookRuleTable } from './book-tables.js';
import type { Store } from './open-store.js';

/** A rule with the name of whom it is for. */
export type ListedRule = BookRuleTable & { user_name: string | null; group_name: string | null };

/** The SQL of sharing rules as owners and operators see them. */
export class BookRuleStore {
  constructor(private readonly db: Store) {}

  list(bookGuid: string): Promise<ListedRule[]> {
    return this.db
      .selectFrom('book_rules')
      .leftJoin('users', 'users.guid', 'book_rules.target_guid')
      .leftJoin('user_groups', 'user_groups.guid', 'book_rules.target_guid')
      .selectAll('book_rules')
      .select(['users.name as user_name', 'user_groups.name as group_name'])
      .where('book_guid', '=', bookGuid)
      .orderBy('book_rules.guid')
      .execute();
  }

  byGuid(guid: string): Promise<BookRuleTable | undefined> {
    return this.db.selectFrom('book_rules').selectAll().where('guid', '=', guid).executeTakeFirst();
  }

  async setRight(guid: string, right: BookRight): Promise<void> {
    await this.db.updateTable('book_rules').set({ right }).where('guid', '=', guid).execute();
  }

  async remove(guid: string): Promise<void> {
    await this.db.deleteFrom('book_rules').where('guid', '=', guid).execute();
  }
}

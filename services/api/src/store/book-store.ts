import { randomUUID } from 'node:crypto';
import type { UserTable } from './account-tables.js';
import type { BookRight, BookRuleTable, BookTable } from './book-tables.js';
import type { Store } from './open-store.js';

/** A book together with what a user may do in it. */
export interface VisibleBook {
  readonly book: BookTable;
  readonly ownerName: string;
  readonly right: BookRight;
}

/** Who looks: rules are for one user, a user group, or everyone. */
export type Viewer = Pick<UserTable, 'guid' | 'group_guid'>;

/** The SQL of address books and their sharing rules. */
export class BookStore {
  constructor(private readonly db: Store) {}

  /** The user's own book, made when it is first asked for. */
  async personal(ownerGuid: string): Promise<BookTable> {
    const found = await this.#personal(ownerGuid);
    if (found !== undefined) return found;
    await this.db
      .insertInto('address_books')
      .values({ ...bookRow(ownerGuid, 'My address book'), personal: 1 })
      // a second first call at the same moment
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const made = await this.#personal(ownerGuid);
    if (made === undefined) throw new Error('the personal address book vanished');
    return made;
  }

  /** Makes a shared book. */
  async share(
    ownerGuid: string,
    facts: Pick<BookTable, 'name' | 'note' | 'password'>,
  ): Promise<BookTable> {
    const book = { ...bookRow(ownerGuid, facts.name), ...facts };
    await this.db.insertInto('address_books').values(book).execute();
    return book;
  }

  /** The book, if the user may see it. */
  async visible(guid: string, viewer: Viewer): Promise<VisibleBook | undefined> {
    const book = await this.db
      .selectFrom('address_books')
      .innerJoin('users', 'users.guid', 'address_books.owner_guid')
      .selectAll('address_books')
      .select('users.name as owner_name')
      .where('address_books.guid', '=', guid)
      .executeTakeFirst();
    if (book === undefined) return undefined;
    const { owner_name, ...facts } = book;
    const rules = await this.#rulesFor(viewer, [guid]);
    return visibleBook(facts, owner_name, viewer, rules);
  }

  /** All shared books that the user owns or is given, by name. */
  async shared(viewer: Viewer): Promise<VisibleBook[]> {
    const rules = await this.#rulesFor(viewer);
    const given = rules.map((rule) => rule.book_guid);
    const rows = await this.db
      .selectFrom('address_books')
      .innerJoin('users', 'users.guid', 'address_books.owner_guid')
      .selectAll('address_books')
      .select('users.name as owner_name')
      .where('personal', '=', 0)
      .where((where) =>
        where.or([
          where('owner_guid', '=', viewer.guid),
          ...(given.length > 0 ? [where('address_books.guid', 'in', given)] : []),
        ]),
      )
      .orderBy('address_books.name')
      .orderBy('address_books.guid')
      .execute();
    return rows.flatMap(({ owner_name, ...book }) => {
      const seen = visibleBook(book, owner_name, viewer, rules);
      return seen === undefined ? [] : [seen];
    });
  }

  async update(
    guid: string,
    changes: Partial<Pick<BookTable, 'name' | 'note' | 'password' | 'owner_guid'>>,
  ): Promise<void> {
    if (Object.keys(changes).length === 0) return;
    await this.db.updateTable('address_books').set(changes).where('guid', '=', guid).execute();
  }

  async remove(guid: string): Promise<void> {
    await this.db.deleteFrom('address_books').where('guid', '=', guid).execute();
  }

  /** Sets what a target may do; one rule per target. Returns the rule's guid. */
  async setRule(rule: Omit<BookRuleTable, 'guid'>): Promise<string> {
    const row = await this.db
      .insertInto('book_rules')
      .values({ ...rule, guid: randomUUID() })
      .onConflict((conflict) =>
        conflict
          .columns(['book_guid', 'target_kind', 'target_guid'])
          .doUpdateSet({ right: rule.right }),
      )
      .returning('guid')
      .executeTakeFirstOrThrow();
    return row.guid;
  }

  #personal(ownerGuid: string): Promise<BookTable | undefined> {
    return this.db
      .selectFrom('address_books')
      .selectAll()
      .where('owner_guid', '=', ownerGuid)
      .where('personal', '=', 1)
      .executeTakeFirst();
  }

  #rulesFor(viewer: Viewer, bookGuids?: readonly string[]): Promise<BookRuleTable[]> {
    return this.db
      .selectFrom('book_rules')
      .selectAll()
      .where((where) =>
        where.or([
          where('target_kind', '=', 'everyone'),
          where.and({ target_kind: 'user', target_guid: viewer.guid }),
          where.and({ target_kind: 'group', target_guid: viewer.group_guid ?? '' }),
        ]),
      )
      .$if(bookGuids !== undefined, (query) => query.where('book_guid', 'in', bookGuids ?? []))
      .execute();
  }
}

const SPECIFIC_FIRST = ['user', 'group', 'everyone'] as const;

/** The most specific rule counts, also where a wider one gives more. */
function visibleBook(
  book: BookTable,
  ownerName: string,
  viewer: Viewer,
  rules: readonly BookRuleTable[],
): VisibleBook | undefined {
  if (book.owner_guid === viewer.guid) return { book, ownerName, right: 3 };
  if (book.personal === 1) return undefined;
  for (const kind of SPECIFIC_FIRST) {
    const rule = rules.find((one) => one.book_guid === book.guid && one.target_kind === kind);
    if (rule !== undefined) return { book, ownerName, right: rule.right };
  }
  return undefined;
}

function bookRow(ownerGuid: string, name: string): BookTable {
  const now = Date.now();
  const empty = { note: '', password: '' };
  return {
    guid: randomUUID(),
    owner_guid: ownerGuid,
    personal: 0,
    name,
    created_at: now,
    ...empty,
  };
}

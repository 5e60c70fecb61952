import { type ListShape, Listing, type ListWish } from './listing.js';
import type { Store } from './open-store.js';
import type { Page, Paged } from '../http/page.js';

/** A shared address book as operators list it. */
export interface ListedBook {
  readonly guid: string;
  readonly name: string;
  readonly note: string;
  readonly owner_name: string;
  /** Counts; PostgreSQL tells them as text. */
  readonly peers: number | string;
  readonly rules: number | string;
}

/** The list of shared address books, whosever they are. */
export const sharedBooksShape = {
  from: `(select address_books.guid, address_books.name, address_books.note,
      users.name as owner_name, address_books.created_at
    from address_books join users on users.guid = address_books.owner_guid
    where address_books.personal = 0) books`,
  columns: `books.*,
    (select count(*) from book_peers where book_peers.book_guid = books.guid) as peers,
    (select count(*) from book_rules where book_rules.book_guid = books.guid) as rules`,
  filters: {
    name: { columns: ['books.name'], compare: 'word' },
    owner: { columns: ['books.owner_name'], compare: 'word' },
  },
  sorts: { name: 'books.name', owner: 'books.owner_name', created_at: 'books.created_at' },
  column: 'books.name',
  direction: 'asc',
  key: 'books.guid',
} as const satisfies ListShape;

/** The SQL of shared address books as operators see them: never what is in them. */
export class BookListStore {
  constructor(private readonly db: Store) {}

  list(wish: ListWish, page: Page): Promise<Paged<ListedBook>> {
    return new Listing<ListedBook>(this.db, sharedBooksShape).page(wish, page);
  }

  /** Gives a shared book to another owner; false when there is no such book. */
  async give(guid: string, ownerGuid: string): Promise<boolean> {
    const done = await this.db
      .updateTable('address_books')
      .set({ owner_guid: ownerGuid })
      .where('guid', '=', guid)
      .where('personal', '=', 0)
      .executeTakeFirst();
    return done.numUpdatedRows === 1n;
  }
}

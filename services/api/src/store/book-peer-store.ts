import type { BookPeerTable, BookTagTable } from './book-tables.js';
import type { Store } from './open-store.js';
import type { Page, Paged } from '../http/page.js';

/** What a device that is registered here adds to an entry; null in all of them: it is not. */
export interface RegisteredFacts {
  device_guid: string | null;
  device_hostname: string | null;
  device_username: string | null;
  device_os: string | null;
  owner_name: string | null;
  device_group_name: string | null;
}

/** An entry as it is listed. */
export type ListedPeer = BookPeerTable & RegisteredFacts;

/** Narrows a list; texts may hold `%`. */
export interface PeerFilter {
  readonly id?: string;
  readonly alias?: string;
}

/** The SQL of the devices in address books. */
export class BookPeerStore {
  constructor(private readonly db: Store) {}

  /** In the order of ids, with what is known of devices that are registered here. */
  async list(bookGuid: string, page?: Page, filter: PeerFilter = {}): Promise<Paged<ListedPeer>> {
    const { id, alias } = filter;
    const matching = this.db
      .selectFrom('book_peers')
      .where('book_guid', '=', bookGuid)
      .$if(id !== undefined, (query) => query.where('book_peers.id', 'like', id ?? ''))
      .$if(alias !== undefined, (query) => query.where('alias', 'like', alias ?? ''));
    const counted = matching.select(({ fn }) => fn.countAll<number>().as('total'));
    const { total } = await counted.executeTakeFirstOrThrow();
    const data = await matching
      .leftJoin('devices', 'devices.id', 'book_peers.id')
      .leftJoin('users', 'users.guid', 'devices.owner_guid')
      .leftJoin('device_groups', 'device_groups.guid', 'devices.device_group_guid')
      .selectAll('book_peers')
      .select(['devices.guid as device_guid', 'devices.hostname as device_hostname'])
      .select(['devices.username as device_username', 'devices.os as device_os'])
      .select(['users.name as owner_name', 'device_groups.name as device_group_name'])
      .orderBy('book_peers.id')
      .$if(page !== undefined, (query) => query.limit(page?.limit ?? 0).offset(page?.offset ?? 0))
      .execute();
    return { total, data };
  }

  async count(bookGuid: string): Promise<number> {
    const { total } = await this.db
      .selectFrom('book_peers')
      .select(({ fn }) => fn.countAll<number>().as('total'))
      .where('book_guid', '=', bookGuid)
      .executeTakeFirstOrThrow();
    return total;
  }

  find(bookGuid: string, id: string): Promise<BookPeerTable | undefined> {
    return this.db
      .selectFrom('book_peers')
      .selectAll()
      .where('book_guid', '=', bookGuid)
      .where('id', '=', id)
      .executeTakeFirst();
  }

  /** Adds an entry, or gives an existing one these values. */
  async put(peer: BookPeerTable): Promise<void> {
    const { book_guid, id, created_at, ...values } = peer;
    await this.db
      .insertInto('book_peers')
      .values({ book_guid, id, created_at, ...values })
      .onConflict((conflict) => conflict.columns(['book_guid', 'id']).doUpdateSet(values))
      .execute();
  }

  /** False when there is no such entry. */
  async update(bookGuid: string, id: string, changes: Partial<BookPeerTable>): Promise<boolean> {
    const done = await this.db
      .updateTable('book_peers')
      // also with nothing to change, so that the answer says whether the entry exists
      .set({ id, ...changes })
      .where('book_guid', '=', bookGuid)
      .where('id', '=', id)
      .executeTakeFirst();
    return done.numUpdatedRows === 1n;
  }

  async remove(bookGuid: string, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.db
      .deleteFrom('book_peers')
      .where('book_guid', '=', bookGuid)
      .where('id', 'in', ids)
      .execute();
  }

  /** Puts these entries and tags in place of all that are there. */
  async replaceAll(
    bookGuid: string,
    peers: readonly BookPeerTable[],
    tags: readonly BookTagTable[],
  ): Promise<void> {
    await this.db.transaction().execute(async (trx) => {
      await trx.deleteFrom('book_peers').where('book_guid', '=', bookGuid).execute();
      await trx.deleteFrom('book_tags').where('book_guid', '=', bookGuid).execute();
      for (const some of chunks(peers)) await trx.insertInto('book_peers').values(some).execute();
      for (const some of chunks(tags)) await trx.insertInto('book_tags').values(some).execute();
    });
  }
}

/** Rows in one statement; PostgreSQL takes 65535 values in all. */
const CHUNK = 500;

function chunks<T>(rows: readonly T[]): T[][] {
  const parts: T[][] = [];
  for (let start = 0; start < rows.length; start += CHUNK) {
    parts.push(rows.slice(start, start + CHUNK));
  }
  return parts;
}

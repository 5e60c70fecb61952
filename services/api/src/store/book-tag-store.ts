import type { BookTagTable } from './book-tables.js';
import type { Store } from './open-store.js';

/** The SQL of tags; an entry names its tags, so a tag's change goes through the book's entries. */
export class BookTagStore {
  constructor(private readonly db: Store) {}

  /** By name. */
  async list(bookGuid: string): Promise<BookTagTable[]> {
    const rows = await this.db
      .selectFrom('book_tags')
      .selectAll()
      .where('book_guid', '=', bookGuid)
      .execute();
    // not in SQL: the collation of PostgreSQL is the server's choice
    return rows.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Adds a tag; one that is there keeps its colour. */
  async add(tag: BookTagTable): Promise<void> {
    await this.db
      .insertInto('book_tags')
      .values(tag)
      .onConflict((conflict) => conflict.columns(['book_guid', 'name']).doNothing())
      .execute();
  }

  /** False when there is no such tag. */
  async recolor({ book_guid, name, color }: BookTagTable): Promise<boolean> {
    const done = await this.db
      .updateTable('book_tags')
      .set({ color })
      .where('book_guid', '=', book_guid)
      .where('name', '=', name)
      .executeTakeFirst();
    return done.numUpdatedRows === 1n;
  }

  /** Renames a tag and its mention in every entry, all or nothing. */
  async rename(bookGuid: string, old: string, name: string): Promise<'done' | 'unknown' | 'taken'> {
    return this.db.transaction().execute(async (trx) => {
      const tags = trx.selectFrom('book_tags').selectAll().where('book_guid', '=', bookGuid);
      if ((await tags.where('name', '=', name).executeTakeFirst()) !== undefined) return 'taken';
      const done = await trx
        .updateTable('book_tags')
        .set({ name })
        .where('book_guid', '=', bookGuid)
        .where('name', '=', old)
        .executeTakeFirst();
      if (done.numUpdatedRows !== 1n) return 'unknown';
      await mapTags(trx, bookGuid, (tag) => (tag === old ? name : tag));
      return 'done';
    });
  }

  /** Removes tags and their mention in every entry; unknown ones are fine. */
  async remove(bookGuid: string, names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    await this.db.transaction().execute(async (trx) => {
      await trx
        .deleteFrom('book_tags')
        .where('book_guid', '=', bookGuid)
        .where('name', 'in', names)
        .execute();
      await mapTags(trx, bookGuid, (tag) => (names.includes(tag) ? undefined : tag));
    });
  }
}

/** Rewrites the tags of a book's entries; `change` returns undefined to drop one. */
async function mapTags(
  trx: Store,
  bookGuid: string,
  change: (tag: string) => string | undefined,
): Promise<void> {
  const peers = await trx
    .selectFrom('book_peers')
    .select(['id', 'tags'])
    .where('book_guid', '=', bookGuid)
    .where('tags', '!=', '[]')
    .execute();
  for (const peer of peers) {
    const changed = (JSON.parse(peer.tags) as string[]).map(change);
    const tags = JSON.stringify(changed.filter((tag) => tag !== undefined));
    if (tags === peer.tags) continue;
    await trx
      .updateTable('book_peers')
      .set({ tags })
      .where('book_guid', '=', bookGuid)
      .where('id', '=', peer.id)
      .execute();
  }
}

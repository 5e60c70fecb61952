import { type Kysely, sql } from 'kysely';

/** Address books, their devices and tags, and who may see them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await books(db);
  await peers(db);
  await db.schema
    .createTable('book_tags')
    .addColumn('book_guid', 'text', (c) =>
      c.notNull().references('address_books.guid').onDelete('cascade'),
    )
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('color', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('book_tags_pk', ['book_guid', 'name'])
    .execute();
  await db.schema
    .createTable('book_rules')
    .addColumn('guid', 'text', (c) => c.primaryKey())
    .addColumn('book_guid', 'text', (c) =>
      c.notNull().references('address_books.guid').onDelete('cascade'),
    )
    .addColumn('target_kind', 'text', (c) => c.notNull())
    .addColumn('target_guid', 'text', (c) => c.notNull())
    .addColumn('right', 'integer', (c) => c.notNull())
    .addUniqueConstraint('book_rules_target', ['book_guid', 'target_kind', 'target_guid'])
    .execute();
}

async function books(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('address_books')
    .addColumn('guid', 'text', (c) => c.primaryKey())
    .addColumn('owner_guid', 'text', (c) =>
      c.notNull().references('users.guid').onDelete('cascade'),
    )
    .addColumn('personal', 'integer', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('note', 'text', (c) => c.notNull())
    .addColumn('password', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .execute();
  // one personal book per user, also when two first calls come at once
  await db.schema
    .createIndex('address_books_personal')
    .unique()
    .on('address_books')
    .column('owner_guid')
    .where(sql.ref('personal'), '=', sql.lit(1))
    .execute();
}

async function peers(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('book_peers')
    .addColumn('book_guid', 'text', (c) =>
      c.notNull().references('address_books.guid').onDelete('cascade'),
    )
    .addColumn('id', 'text', (c) => c.notNull())
    .addColumn('alias', 'text', (c) => c.notNull())
    .addColumn('tags', 'text', (c) => c.notNull())
    .addColumn('note', 'text', (c) => c.notNull())
    .addColumn('hash', 'text', (c) => c.notNull())
    .addColumn('password', 'text', (c) => c.notNull())
    .addColumn('username', 'text', (c) => c.notNull())
    .addColumn('hostname', 'text', (c) => c.notNull())
    .addColumn('platform', 'text', (c) => c.notNull())
    .addColumn('force_always_relay', 'integer', (c) => c.notNull())
    .addColumn('rdp_port', 'text', (c) => c.notNull())
    .addColumn('rdp_username', 'text', (c) => c.notNull())
    .addColumn('login_name', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('book_peers_pk', ['book_guid', 'id'])
    .execute();
}

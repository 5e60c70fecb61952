import { type Kysely, sql } from 'kysely';

/** When another place last vouched for somebody; those who are here already count from now on. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('external_identities')
    .addColumn('vouched_at', 'bigint', (c) => c.notNull().defaultTo(0))
    .execute();
  await sql`update external_identities set vouched_at = ${Date.now()}`.execute(db);
}

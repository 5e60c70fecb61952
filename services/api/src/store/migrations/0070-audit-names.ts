import type { Kysely } from 'kysely';

/** What operators acted on, by the name that it had then. Entries made before have none. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('audit_console')
    .addColumn('subject_name', 'text', (c) => c.notNull().defaultTo(''))
    .execute();
}

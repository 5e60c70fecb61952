import type { Kysely } from 'kysely';

/** When its relay last told that a session goes on. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('sessions').addColumn('seen_at', 'bigint').execute();
}

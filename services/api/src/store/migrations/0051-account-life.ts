import type { Kysely } from 'kysely';

/** Invitations, who has to have an authenticator app, and which browser began a sign-in elsewhere. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('users')
    .addColumn('totp_required', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();
  await db.schema
    .alterTable('oidc_logins')
    .addColumn('browser_hash', 'text', (c) => c.notNull().defaultTo(''))
    .execute();
  await db.schema
    .createTable('invitations')
    .addColumn('user_guid', 'text', (c) =>
      c.primaryKey().references('users.guid').onDelete('cascade'),
    )
    .addColumn('hash', 'text', (c) => c.notNull().unique())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .execute();
}

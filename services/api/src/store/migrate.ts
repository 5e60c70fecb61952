import type { Kysely } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { StartError, reasonOf } from '@waystation/ops';
import * as accounts from './migrations/0001-accounts.js';
import * as devices from './migrations/0002-devices.js';
import * as addressBooks from './migrations/0003-address-books.js';
import * as audit from './migrations/0004-audit.js';
import * as signIn from './migrations/0020-sign-in.js';
import * as records from './migrations/0030-records.js';
import * as avatars from './migrations/0031-avatars.js';
import * as accessRevision from './migrations/0040-access-revision.js';
import * as controlRoles from './migrations/0041-control-roles.js';
import * as revisionMarks from './migrations/0042-revision-marks.js';
import * as runningSessions from './migrations/0050-running-sessions.js';
import * as accountLife from './migrations/0051-account-life.js';
import * as vouched from './migrations/0060-vouched.js';
import * as auditNames from './migrations/0070-audit-names.js';
import type { Schema } from './schema.js';

/** In this order, for ever: a released migration is never changed, only followed by another. */
const migrations: Record<string, Migration> = {
  '0001-accounts': accounts,
  '0002-devices': devices,
  '0003-address-books': addressBooks,
  '0004-audit': audit,
  '0020-sign-in': signIn,
  '0030-records': records,
  '0031-avatars': avatars,
  '0040-access-revision': accessRevision,
  '0041-control-roles': controlRoles,
  '0042-revision-marks': revisionMarks,
  '0050-running-sessions': runningSessions,
  '0051-account-life': accountLife,
  '0060-vouched': vouched,
  '0070-audit-names': auditNames,
};

/**
 * Brings the database to the newest schema, all or nothing; replicas that start together wait for
 * each other. Throws StartError when that fails, for example on a database of a newer release.
 */
export async function migrate(db: Kysely<Schema>): Promise<void> {
  const { error } = await migrator(db).migrateToLatest();
  if (error === undefined) return;
  const reason = reasonOf(error);
  throw new StartError(
    `The database cannot be brought to this release's schema (${reason}); check DATABASE_URL or WAYSTATION_DATA_DIR, and that the database was not written by a newer release.`,
  );
}

/** Brings an empty database to the schema of an earlier release. Throws Error. */
export async function migrateTo(db: Kysely<Schema>, name: string): Promise<void> {
  const { error } = await migrator(db).migrateTo(name);
  if (error !== undefined) throw new Error(`the schema ${name} cannot be made`, { cause: error });
}

/** Every migration that this release knows, in order, and whether the database has it. */
export async function knownMigrations(
  db: Kysely<Schema>,
): Promise<{ name: string; done: boolean }[]> {
  const all = await migrator(db).getMigrations();
  return all.map(({ name, executedAt }) => ({ name, done: executedAt !== undefined }));
}

function migrator(db: Kysely<Schema>): Migrator {
  return new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrations) } });
}

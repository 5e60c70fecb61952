import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createHash } from 'node:crypto';
import type { Identity } from '@waystation/state';
import { normaliseIp } from '@waystation/wire';
import { Failure } from '../failure.js';
import { checkedKey, SECRET_FILE, textOf } from '../server-key-file.js';
import { readSqlite, type SqliteRow } from './sqlite-rows.js';

const DATABASE = 'db_v2.sqlite3';
const GUID_BYTES = 16;

/** What a folder of upstream's server holds. */
export interface UpstreamServer {
  readonly database: string;
  readonly identities: readonly Identity[];
  /** Devices with a note or a user, which upstream itself never shows. */
  readonly annotated: number;
  /** Text of its secret key file; undefined when there is none. */
  readonly secretKey: string | undefined;
}

/**
 * Reads upstream's database and key without changing anything there; `path` is their folder, or the
 * database. Its server may run. Throws Failure.
 */
export async function readUpstream(path: string): Promise<UpstreamServer> {
  const database = databaseAt(path);
  const rows = await readSqlite(database, 'select * from peer order by id');
  const keyPath = join(dirname(database), SECRET_FILE);
  const secretKey = await textOf(keyPath);
  if (secretKey !== undefined) checkedKey(secretKey, keyPath);
  return {
    database,
    identities: rows.map(identityOf),
    annotated: rows.filter(({ note, user }) => isSaid(note) || isSaid(user)).length,
    secretKey,
  };
}

function databaseAt(path: string): string {
  if (!existsSync(path)) throw new Failure(`There is no ${path}.`);
  if (!statSync(path).isDirectory()) return path;
  const database = join(path, DATABASE);
  if (existsSync(database)) return database;
  throw new Failure(
    `There is no ${DATABASE} in ${path}; name the folder in which hbbs was started, or the database itself.`,
  );
}

/** Upstream keeps the row of a device for ever: its guid is the device's, whatever its id. */
function identityOf(row: SqliteRow): Identity {
  const guid = bytesOf(row['guid']);
  const whole = guid.length === GUID_BYTES;
  const named = whole ? guid : createHash('sha256').update(guid).digest().subarray(0, GUID_BYTES);
  return {
    id: String(row['id']),
    guid: named.toString('hex'),
    uuid: bytesOf(row['uuid']),
    pk: bytesOf(row['pk']),
    signed: Buffer.alloc(0),
    ip: addressIn(row['info']),
    created: timeOf(row['created_at']),
    disabled: false,
    listed: true,
  };
}

function bytesOf(value: unknown): Buffer {
  if (value instanceof Uint8Array) return Buffer.from(value);
  return Buffer.from(typeof value === 'string' ? value : '');
}

/** `{"ip": …}`, where upstream writes IPv4 as IPv6. */
function addressIn(info: unknown): string {
  try {
    const { ip } = JSON.parse(String(info)) as { ip?: unknown };
    return typeof ip === 'string' ? (normaliseIp(ip) ?? '') : '';
  } catch {
    // rows from before upstream noted addresses
    return '';
  }
}

/** SQLite's `current_timestamp`: UTC without saying so. */
function timeOf(value: unknown): number {
  const time = Date.parse(`${String(value).replace(' ', 'T')}Z`);
  return Number.isFinite(time) ? time : Date.now();
}

function isSaid(value: unknown): boolean {
  return value instanceof Uint8Array ? value.length > 0 : typeof value === 'string' && value !== '';
}

import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { newIdentity, newSigningKeys, type DeviceIdentity } from '@waystation/testkit';

/** Upstream's table and indexes, as its server makes them. */
const SCHEMA = `
  create table peer (guid blob primary key not null, id varchar(100) not null, uuid blob not null,
    pk blob not null, created_at datetime not null default (current_timestamp), user blob,
    status tinyint, note varchar(300), info text not null) without rowid;
  create unique index index_peer_id on peer (id);`;

/** A folder as upstream's server leaves it. */
export interface UpstreamFolder {
  readonly folder: string;
  /** Base64 of the server's public key. */
  readonly key: string;
  readonly devices: readonly DeviceIdentity[];
  /** The open database of the "running" server, in write-ahead mode. */
  readonly database: DatabaseSync;
}

/** Makes one with `count` devices that have ids from `firstId` on. */
export function makeUpstream(folder: string, count: number, firstId = 100_000_000): UpstreamFolder {
  mkdirSync(folder, { recursive: true });
  const keys = newSigningKeys();
  writeFileSync(join(folder, 'id_ed25519'), keys.secretKey.toString('base64'));
  writeFileSync(join(folder, 'id_ed25519.pub'), keys.publicKey.toString('base64'));
  const database = new DatabaseSync(join(folder, 'db_v2.sqlite3'));
  database.exec('pragma journal_mode = wal; pragma wal_autocheckpoint = 0;');
  database.exec(SCHEMA);
  // one real pair: making ten thousand would take longer than the test
  const real = newIdentity(String(firstId));
  const devices = Array.from({ length: count }, (_, index): DeviceIdentity => {
    if (index === 0) return real;
    const id = String(firstId + index);
    return { id, uuid: randomBytes(16), publicKey: randomBytes(32), secretKey: real.secretKey };
  });
  database.exec('begin');
  const insert = database.prepare(
    'insert into peer (guid, id, uuid, pk, info) values (?, ?, ?, ?, ?)',
  );
  for (const { id, uuid, publicKey } of devices) {
    insert.run(randomBytes(16), id, uuid, publicKey, '{"ip":"::ffff:198.51.100.9"}');
  }
  database.exec('commit');
  return { folder, key: keys.publicKey.toString('base64'), devices, database };
}

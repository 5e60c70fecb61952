import { peerId } from '../books/peer-input.js';
import { type Fields, fieldsOf, text } from '../http/fields.js';
import { Refusal } from '../http/refusal.js';
import { DeviceStore } from '../store/device-store.js';
import { migrate } from '../store/migrate.js';
import type { Store } from '../store/open-store.js';
import type { Vault } from '../store/vault.js';
import { type Guids, takeGroups, takeUsers } from './takeover-accounts.js';
import { TakeoverBooks } from './takeover-books.js';
import { type TableReport, TakeoverTally, timeOf } from './takeover-tally.js';

/** What an import did, or would do. */
export interface TakeoverReport {
  readonly tables: Readonly<Record<string, TableReport>>;
  /** Who administers the other server, of those that came. */
  readonly administrators: readonly string[];
}

class RolledBack extends Error {}

/**
 * Takes the rows of lejianwen/rustdesk-api over: `{apply?, admins?, tables: {name: rows}}`. All in
 * one transaction, which without `apply` is rolled back; what is here already stays as it is.
 */
export async function takeOver(db: Store, vault: Vault, request: unknown): Promise<TakeoverReport> {
  const fields = fieldsOf(request);
  const tally = new TakeoverTally(fieldsOf(fields['tables']));
  let administrators: string[] = [];
  await migrate(db);
  const work = db.transaction().execute(async (trx) => {
    const groups = await takeGroups(trx, tally, 'groups');
    const deviceGroups = await takeGroups(trx, tally, 'device_groups');
    const came = await takeUsers(trx, tally, groups, fields['admins'] === true);
    administrators = came.administrators;
    await new TakeoverBooks(trx, vault, came.users, groups).take(tally);
    await tally.each('peers', 'id', (row) => takeDevice(trx, row, came.users, deviceGroups));
    if (fields['apply'] !== true) throw new RolledBack();
  });
  await work.catch((error: unknown) => {
    if (!(error instanceof RolledBack)) throw error;
  });
  return { tables: tally.tables, administrators };
}

const MS_PER_S = 1000;

async function takeDevice(db: Store, row: Fields, users: Guids, groups: Guids): Promise<void> {
  const devices = new DeviceStore(db);
  const id = peerId(row);
  const uuid = text(row, 'uuid');
  if (uuid === '') throw new Refusal('it has no uuid');
  if ((await devices.byId(id)) !== undefined) throw new Refusal('its id is here already');
  const seen = Number(row['last_online_time'] ?? 0) * MS_PER_S;
  const { guid } = await devices.save(id, uuid, {
    ...{ hostname: text(row, 'hostname'), os: text(row, 'os'), cpu: text(row, 'cpu') },
    ...{ memory: text(row, 'memory'), username: text(row, 'username') },
    ...{ version: text(row, 'version'), device_name: text(row, 'alias') },
    last_seen_at: Number.isSafeInteger(seen) && seen > 0 ? seen : 0,
    created_at: timeOf(row),
  });
  const owner_guid = users.get(row['user_id']) ?? null;
  const device_group_guid = groups.get(row['group_id']) ?? null;
  if (owner_guid !== null || device_group_guid !== null) {
    await devices.assign(guid, { owner_guid, device_group_guid });
  }
}

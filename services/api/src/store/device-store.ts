import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { DeviceTable } from './device-tables.js';
import type { Store } from './open-store.js';

/** One heartbeat's view of a device. */
export interface Pulse {
  readonly guid: string;
  readonly uuid: string;
  readonly sysinfo_at: number | null;
  readonly last_ip: string;
  readonly assignment_changed_at: number;
  readonly managed_options: string;
  /** The assigned strategy of the highest rank; null without one. */
  readonly enabled: number | null;
  readonly options: string | null;
  readonly modified_at: number | null;
  /** How many connections an operator wants closed. */
  readonly disconnects: number;
}

/** Guids in one statement; both databases take more, but not without end. */
const CHUNK = 500;

/** The SQL of devices. */
export class DeviceStore {
  constructor(private readonly db: Store) {}

  byId(id: string): Promise<DeviceTable | undefined> {
    return this.db.selectFrom('devices').selectAll().where('id', '=', id).executeTakeFirst();
  }

  /** Everything that a heartbeat's answer depends on, in one query: device before user before group. */
  pulse(id: string): Promise<Pulse | undefined> {
    return this.db
      .selectFrom('devices')
      .leftJoin('users', 'users.guid', 'devices.owner_guid')
      .leftJoin('device_groups', 'device_groups.guid', 'devices.device_group_guid')
      .leftJoin('strategies', (join) =>
        join.on((on) =>
          on(
            'strategies.guid',
            '=',
            on.fn.coalesce(
              on.ref('devices.strategy_guid'),
              on.ref('users.strategy_guid'),
              on.ref('device_groups.strategy_guid'),
            ),
          ),
        ),
      )
      .select(['devices.guid', 'devices.uuid', 'sysinfo_at', 'last_ip', 'assignment_changed_at'])
      .select(['managed_options', 'strategies.enabled', 'options', 'modified_at'])
      .select((select) =>
        select
          .selectFrom('disconnects')
          .whereRef('device_guid', '=', 'devices.guid')
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .$asScalar()
          .$notNull()
          .as('disconnects'),
      )
      .where('devices.id', '=', id)
      .executeTakeFirst();
  }

  /**
   * Makes the device known; `found` overwrites what it names. Another uuid is another machine, so it
   * inherits neither owner nor group nor strategy from the one that had the id before.
   */
  async save(
    id: string,
    uuid: string,
    found: Partial<DeviceTable>,
  ): Promise<{ guid: string; isNew: boolean }> {
    const guid = randomUUID();
    const kept = (column: string) =>
      sql<string>`case when devices.uuid = ${uuid} then ${sql.ref(`devices.${column}`)} end`;
    const row = await this.db
      .insertInto('devices')
      .values({ ...unknownDevice(guid, id, uuid), ...found })
      .onConflict((conflict) =>
        conflict.column('id').doUpdateSet({
          uuid,
          owner_guid: kept('owner_guid'),
          device_group_guid: kept('device_group_guid'),
          strategy_guid: kept('strategy_guid'),
          ...found,
        }),
      )
      .returning('guid')
      .executeTakeFirstOrThrow();
    return { guid: row.guid, isNew: row.guid === guid };
  }

  /** Gives a device without an owner to the user who signed in on it. */
  async adopt(id: string, uuid: string, userGuid: string): Promise<void> {
    await this.db
      .updateTable('devices')
      .set({ owner_guid: userGuid, assignment_changed_at: changedNow() })
      .where('id', '=', id)
      .where('uuid', '=', uuid)
      .where('owner_guid', 'is', null)
      .execute();
  }

  /** Changes who or what a device belongs to; its strategy is looked at again after that. */
  async assign(
    guid: string,
    to: Partial<Pick<DeviceTable, 'owner_guid' | 'device_group_guid' | 'strategy_guid'>>,
  ): Promise<void> {
    await this.db
      .updateTable('devices')
      .set({ ...to, assignment_changed_at: changedNow() })
      .where('guid', '=', guid)
      .execute();
  }

  async update(guid: string, changes: Partial<Omit<DeviceTable, 'guid'>>): Promise<void> {
    if (Object.keys(changes).length === 0) return;
    await this.db.updateTable('devices').set(changes).where('guid', '=', guid).execute();
  }

  /** Notes that all these devices were heard of just now. */
  async markSeen(guids: readonly string[], now: number): Promise<void> {
    for (let start = 0; start < guids.length; start += CHUNK) {
      await this.db
        .updateTable('devices')
        .set({ last_seen_at: now })
        .where('guid', 'in', guids.slice(start, start + CHUNK))
        .execute();
    }
  }

  /** Whether a device that was heard of lately has this address. */
  async hasAddress(ip: string, seenAfter: number): Promise<boolean> {
    const row = await this.db
      .selectFrom('devices')
      .select('guid')
      .where('last_ip', '=', ip)
      .where('last_seen_at', '>', seenAfter)
      .executeTakeFirst();
    return row !== undefined;
  }
}

/** A moment that differs from every earlier one of the row, even within one millisecond. */
export function changedNow() {
  const now = Date.now();
  return sql<number>`case when assignment_changed_at >= ${now} then assignment_changed_at + 1 else ${now} end`;
}

function unknownDevice(guid: string, id: string, uuid: string): DeviceTable {
  const names = { device_name: '', device_username: '', note: '' };
  const sysinfo = { hostname: '', os: '', cpu: '', memory: '', username: '', version: '' };
  const assignment = { owner_guid: null, device_group_guid: null, strategy_guid: null };
  return {
    ...{ guid, id, uuid, ...assignment, disabled: 0, ...names, ...sysinfo },
    sysinfo_at: null,
    last_seen_at: 0,
    last_ip: '',
    assignment_changed_at: 0,
    managed_options: '[]',
    created_at: Date.now(),
  };
}

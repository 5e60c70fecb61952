import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { changedNow } from './device-store.js';
import type { StrategyTable } from './device-tables.js';
import type { Store } from './open-store.js';
import { nameKey } from './user-store.js';

/** Whom a strategy is for. */
export interface StrategyTargets {
  readonly deviceGuids: readonly string[];
  readonly userGuids: readonly string[];
  readonly deviceGroupGuids: readonly string[];
}

/** The SQL of strategies; every change moves the timestamp that devices compare. */
export class StrategyStore {
  constructor(private readonly db: Store) {}

  list(): Promise<StrategyTable[]> {
    return this.db.selectFrom('strategies').selectAll().orderBy('name_key').execute();
  }

  byGuid(guid: string): Promise<StrategyTable | undefined> {
    return this.db.selectFrom('strategies').selectAll().where('guid', '=', guid).executeTakeFirst();
  }

  /** Undefined when the name is taken. */
  async create(name: string, options: Record<string, string>): Promise<string | undefined> {
    const guid = randomUUID();
    const row = { guid, name, name_key: nameKey(name), options: JSON.stringify(options) };
    const done = await this.db
      .insertInto('strategies')
      .values({ ...row, enabled: 1, modified_at: Date.now() })
      .onConflict((conflict) => conflict.column('name_key').doNothing())
      .executeTakeFirst();
    return done.numInsertedOrUpdatedRows === 1n ? guid : undefined;
  }

  /** False when there is no such strategy. */
  async update(
    guid: string,
    changes: { enabled?: 0 | 1; options?: Record<string, string> },
  ): Promise<boolean> {
    const { enabled, options } = changes;
    const done = await this.db
      .updateTable('strategies')
      .set({
        modified_at: laterThanBefore(),
        ...(enabled === undefined ? {} : { enabled }),
        ...(options === undefined ? {} : { options: JSON.stringify(options) }),
      })
      .where('guid', '=', guid)
      .executeTakeFirst();
    return done.numUpdatedRows === 1n;
  }

  /** Null takes the strategy away. Devices that it reaches through others look again as well. */
  async assign(guid: string | null, targets: StrategyTargets): Promise<void> {
    const { deviceGuids, userGuids, deviceGroupGuids } = targets;
    const set = { strategy_guid: guid };
    const changed = { assignment_changed_at: changedNow() };
    await this.db.transaction().execute(async (trx) => {
      if (deviceGuids.length > 0) {
        const devices = trx.updateTable('devices').where('guid', 'in', deviceGuids);
        await devices.set({ ...set, ...changed }).execute();
      }
      if (userGuids.length > 0) {
        await trx.updateTable('users').set(set).where('guid', 'in', userGuids).execute();
        const devices = trx.updateTable('devices').where('owner_guid', 'in', userGuids);
        await devices.set(changed).execute();
      }
      if (deviceGroupGuids.length > 0) {
        const groups = trx.updateTable('device_groups').where('guid', 'in', deviceGroupGuids);
        await groups.set(set).execute();
        const devices = trx.updateTable('devices');
        await devices.where('device_group_guid', 'in', deviceGroupGuids).set(changed).execute();
      }
    });
  }

  /**
   * False when there is no such strategy. Devices, users and groups that had it have none of their own
   * then (the foreign keys see to it); every device that it reached looks again.
   */
  remove(guid: string): Promise<boolean> {
    return this.db.transaction().execute(async (trx) => {
      const having = (table: 'users' | 'device_groups') =>
        trx.selectFrom(table).select('guid').where('strategy_guid', '=', guid);
      await trx
        .updateTable('devices')
        .set({ assignment_changed_at: changedNow() })
        .where((where) =>
          where.or([
            where('strategy_guid', '=', guid),
            where('owner_guid', 'in', having('users')),
            where('device_group_guid', 'in', having('device_groups')),
          ]),
        )
        .execute();
      const done = await trx.deleteFrom('strategies').where('guid', '=', guid).executeTakeFirst();
      return done.numDeletedRows === 1n;
    });
  }
}

function laterThanBefore() {
  const now = Date.now();
  return sql<number>`case when modified_at >= ${now} then modified_at + 1 else ${now} end`;
}

import { randomUUID } from 'node:crypto';
import type { AccessGrantTable } from './account-tables.js';
import { changedNow } from './device-store.js';
import { like } from './like.js';
import type { Store } from './open-store.js';
import { nameKey } from './user-store.js';
import type { Page, Paged } from '../http/page.js';

export type GroupTableName = 'user_groups' | 'device_groups';

/** A group as operators list it. */
export interface ListedGroup {
  readonly guid: string;
  readonly name: string;
  readonly note: string;
}

/** The SQL of groups and of who may access what belongs to them. */
export class GroupStore {
  constructor(private readonly db: Store) {}

  async list(
    table: GroupTableName,
    name: string | undefined,
    page: Page,
  ): Promise<Paged<ListedGroup>> {
    const matching = this.db
      .selectFrom(table)
      .$if(name !== undefined, (query) => query.where(like('name', name ?? '')));
    const counted = matching.select(({ fn }) => fn.countAll<number>().as('total'));
    const { total } = await counted.executeTakeFirstOrThrow();
    const data = await matching
      .select(['guid', 'name', 'note'])
      .orderBy('name_key')
      .limit(page.limit)
      .offset(page.offset)
      .execute();
    return { total, data };
  }

  /** Undefined when the name is taken. */
  async create(table: GroupTableName, name: string, note: string): Promise<string | undefined> {
    const guid = randomUUID();
    const row = { guid, name, name_key: nameKey(name), note, created_at: Date.now() };
    const insert =
      table === 'user_groups'
        ? this.db.insertInto('user_groups').values(row)
        : this.db.insertInto('device_groups').values({ ...row, strategy_guid: null });
    const done = await insert
      .onConflict((conflict) => conflict.column('name_key').doNothing())
      .executeTakeFirst();
    return done.numInsertedOrUpdatedRows === 1n ? guid : undefined;
  }

  async exists(table: GroupTableName, guid: string): Promise<boolean> {
    const row = this.db.selectFrom(table).select('guid').where('guid', '=', guid);
    return (await row.executeTakeFirst()) !== undefined;
  }

  async update(
    table: GroupTableName,
    guid: string,
    changes: { name?: string; note?: string },
  ): Promise<void> {
    const { name, note } = changes;
    await this.db
      .updateTable(table)
      .set({
        guid,
        ...(name === undefined ? {} : { name, name_key: nameKey(name) }),
        ...(note === undefined ? {} : { note }),
      })
      .where('guid', '=', guid)
      .execute();
  }

  /** Its members stay, without a group. */
  async remove(table: GroupTableName, guid: string): Promise<void> {
    await this.db.transaction().execute(async (trx) => {
      if (table === 'device_groups') {
        await trx
          .updateTable('devices')
          .set({ assignment_changed_at: changedNow() })
          .where('device_group_guid', '=', guid)
          .execute();
      }
      await trx
        .deleteFrom('access_grants')
        .where((where) => where.or([where('from_guid', '=', guid), where('to_guid', '=', guid)]))
        .execute();
      await trx
        .deleteFrom('book_rules')
        .where('target_kind', '=', 'group')
        .where('target_guid', '=', guid)
        .execute();
      await trx.deleteFrom(table).where('guid', '=', guid).execute();
    });
  }

  async addUsers(guid: string, userGuids: readonly string[]): Promise<void> {
    if (userGuids.length === 0) return;
    await this.db
      .updateTable('users')
      .set({ group_guid: guid })
      .where('guid', 'in', userGuids)
      .execute();
  }

  async addDevices(guid: string, deviceIds: readonly string[]): Promise<void> {
    if (deviceIds.length === 0) return;
    await this.db
      .updateTable('devices')
      .set({ device_group_guid: guid, assignment_changed_at: changedNow() })
      .where('id', 'in', deviceIds)
      .execute();
  }

  async removeDevices(guid: string, deviceIds: readonly string[]): Promise<void> {
    if (deviceIds.length === 0) return;
    await this.db
      .updateTable('devices')
      .set({ device_group_guid: null, assignment_changed_at: changedNow() })
      .where('device_group_guid', '=', guid)
      .where('id', 'in', deviceIds)
      .execute();
  }

  /** Puts these grants in place of all that lead to, or from, the group. */
  async replaceGrants(
    side: 'to' | 'from',
    guid: string,
    grants: readonly AccessGrantTable[],
  ): Promise<void> {
    await this.db.transaction().execute(async (trx) => {
      const column = side === 'to' ? 'to_guid' : 'from_guid';
      await trx.deleteFrom('access_grants').where(column, '=', guid).execute();
      if (grants.length === 0) return;
      await trx
        .insertInto('access_grants')
        .values([...grants])
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    });
  }
}

import type { DeviceTable } from './device-tables.js';
import { like } from './like.js';
import type { Store } from './open-store.js';
import type { Page, Paged } from '../http/page.js';

/** Columns that scripts filter by, and where they come from. */
const FILTERS = {
  id: 'devices.id',
  device_name: 'devices.device_name',
  user_name: 'users.name',
  group_name: 'user_groups.name',
  device_group_name: 'device_groups.name',
  device_username: 'devices.device_username',
} as const;

export type DeviceFilter = Partial<Record<keyof typeof FILTERS, string>>;

/** A device as operators list it. */
export type ListedDevice = DeviceTable & {
  owner_name: string | null;
  group_name: string | null;
  device_group_name: string | null;
  strategy_name: string | null;
};

/** The names of the filters. */
export const deviceFilters = Object.keys(FILTERS) as (keyof typeof FILTERS)[];

/** The SQL of devices as operators see them. */
export class DeviceListStore {
  constructor(private readonly db: Store) {}

  async list(filter: DeviceFilter, page: Page): Promise<Paged<ListedDevice>> {
    let matching = this.#joined();
    for (const name of deviceFilters) {
      const pattern = filter[name];
      if (pattern !== undefined) matching = matching.where(like(FILTERS[name], pattern));
    }
    const counted = matching.select(({ fn }) => fn.countAll<number>().as('total'));
    const { total } = await counted.executeTakeFirstOrThrow();
    const data = await matching
      .selectAll('devices')
      .select(['users.name as owner_name', 'user_groups.name as group_name'])
      .select(['device_groups.name as device_group_name', 'strategies.name as strategy_name'])
      .orderBy('devices.id')
      .limit(page.limit)
      .offset(page.offset)
      .execute();
    return { total, data };
  }

  byGuid(guid: string): Promise<DeviceTable | undefined> {
    return this.db.selectFrom('devices').selectAll().where('guid', '=', guid).executeTakeFirst();
  }

  async remove(guid: string): Promise<void> {
    await this.db.deleteFrom('devices').where('guid', '=', guid).execute();
  }

  #joined() {
    return this.db
      .selectFrom('devices')
      .leftJoin('users', 'users.guid', 'devices.owner_guid')
      .leftJoin('user_groups', 'user_groups.guid', 'users.group_guid')
      .leftJoin('device_groups', 'device_groups.guid', 'devices.device_group_guid')
      .leftJoin('strategies', 'strategies.guid', 'devices.strategy_guid');
  }
}

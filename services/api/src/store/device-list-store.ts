import type { DeviceTable } from './device-tables.js';
import { listShapes } from './list-shapes.js';
import { Listing, type ListWish } from './listing.js';
import type { Store } from './open-store.js';
import type { Page, Paged } from '../http/page.js';

/** A device as operators list it. */
export type ListedDevice = DeviceTable & {
  owner_name: string | null;
  group_name: string | null;
  device_group_name: string | null;
  strategy_name: string | null;
};

/** The SQL of devices as operators see them. */
export class DeviceListStore {
  constructor(private readonly db: Store) {}

  list(wish: ListWish, page: Page): Promise<Paged<ListedDevice>> {
    return new Listing<ListedDevice>(this.db, listShapes.devices).page(wish, page);
  }

  byGuid(guid: string): Promise<DeviceTable | undefined> {
    return this.db.selectFrom('devices').selectAll().where('guid', '=', guid).executeTakeFirst();
  }

  async remove(guid: string): Promise<void> {
    await this.db.deleteFrom('devices').where('guid', '=', guid).execute();
  }
}

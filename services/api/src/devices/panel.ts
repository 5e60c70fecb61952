import type { UserTable } from '../store/account-tables.js';
import type { AccessStore, AccessibleDevice, Accessor } from '../store/access-store.js';
import { type UserView, publicView } from '../accounts/user-view.js';
import type { Page, Paged } from '../http/page.js';
import { Refusal } from '../http/refusal.js';

interface PanelConfig {
  readonly accessibleDevices: boolean;
  readonly adminsAccessAll: boolean;
  readonly unassignedDevices: 'allow' | 'deny';
}

/** The client's panel of devices and users that somebody may access. */
export class Panel {
  constructor(
    private readonly access: AccessStore,
    private readonly config: PanelConfig,
  ) {}

  deviceGroups(user: UserTable, page: Page): Promise<Paged<{ name: string }>> {
    return this.access.deviceGroups(this.#accessor(user), page);
  }

  async users(user: UserTable, page: Page): Promise<Paged<UserView>> {
    const { total, data } = await this.access.users(this.#accessor(user), page);
    return { total, data: data.map(publicView) };
  }

  async devices(user: UserTable, page: Page): Promise<Paged<object>> {
    const { total, data } = await this.access.devices(this.#accessor(user), page);
    return { total, data: data.map(deviceView) };
  }

  /** Clients look for the word "disabled" and empty the panel. */
  #accessor(user: UserTable): Accessor {
    const { accessibleDevices, adminsAccessAll, unassignedDevices } = this.config;
    if (!accessibleDevices) throw new Refusal('Retrieving accessible devices is disabled.');
    return { user, adminsAccessAll, unassignedAllowed: unassignedDevices === 'allow' };
  }
}

function deviceView(device: AccessibleDevice): object {
  return {
    id: device.id,
    info: {
      device_name: device.device_name === '' ? device.hostname : device.device_name,
      os: device.os,
      username: device.device_username === '' ? device.username : device.device_username,
    },
    status: 1,
    user: device.owner_guid ?? '',
    user_name: device.owner_name ?? '',
    device_group_name: device.device_group_name ?? '',
    note: device.note,
  };
}

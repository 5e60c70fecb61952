import { Controller, Get, Inject } from '@nestjs/common';
import { CONFIG } from '@waystation/ops';
import { Caller, ForUsers } from '../accounts/access.guard.js';
import type { SignedIn } from '../accounts/login-tokens.js';
import { type UserView, publicView } from '../accounts/user-view.js';
import type { ApiConfig } from '../api-config.js';
import { type Page, PageQuery, type Paged } from '../http/page.js';
import { Refusal } from '../http/refusal.js';
import { type AccessibleDevice, AccessStore, type Accessor } from '../store/access-store.js';

/** The panel of devices and users that the caller may access. */
@Controller('api')
@ForUsers()
export class AccessibleController {
  constructor(
    private readonly access: AccessStore,
    @Inject(CONFIG) private readonly config: ApiConfig,
  ) {}

  @Get('device-group/accessible')
  deviceGroups(
    @Caller() caller: SignedIn,
    @PageQuery() page: Page,
  ): Promise<Paged<{ name: string }>> {
    return this.access.deviceGroups(this.#accessor(caller), page);
  }

  @Get('users')
  async users(@Caller() caller: SignedIn, @PageQuery() page: Page): Promise<Paged<UserView>> {
    const { total, data } = await this.access.users(this.#accessor(caller), page);
    return { total, data: data.map(publicView) };
  }

  @Get('peers')
  async peers(@Caller() caller: SignedIn, @PageQuery() page: Page): Promise<Paged<object>> {
    const { total, data } = await this.access.devices(this.#accessor(caller), page);
    return { total, data: data.map(deviceView) };
  }

  /** Clients look for the word "disabled" and empty the panel. */
  #accessor({ user }: SignedIn): Accessor {
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

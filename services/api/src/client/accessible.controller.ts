import { Controller, Get } from '@nestjs/common';
import { Caller, ForUsers } from '../accounts/access.guard.js';
import type { SignedIn } from '../accounts/login-tokens.js';
import { Panel } from '../devices/panel.js';
import { type Page, PageQuery, type Paged } from '../http/page.js';

/** The panel of accessible devices; its users are in users.controller.ts. */
@Controller('api')
@ForUsers()
export class AccessibleController {
  constructor(private readonly panel: Panel) {}

  @Get('device-group/accessible')
  deviceGroups(@Caller() { user }: SignedIn, @PageQuery() page: Page): Promise<Paged<object>> {
    return this.panel.deviceGroups(user, page);
  }

  @Get('peers')
  peers(@Caller() { user }: SignedIn, @PageQuery() page: Page): Promise<Paged<object>> {
    return this.panel.devices(user, page);
  }
}

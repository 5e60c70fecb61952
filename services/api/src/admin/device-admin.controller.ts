import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller, ForOperators } from '../accounts/access.guard.js';
import type { SignedIn } from '../accounts/login-tokens.js';
import { fieldsOf } from '../http/fields.js';
import { JsonBody } from '../http/json-body.js';
import { DeleteOk, PostOk } from '../http/ok.js';
import { type Page, PageQuery, type Paged } from '../http/page.js';
import { listShapes } from '../store/list-shapes.js';
import { DeviceAdmin } from './device-admin.js';
import { Describe } from './describe.js';
import { DescribeList } from './describe-list.js';
import { listWish } from './list-query.js';

/** Devices. */
@Controller('api/devices')
@ApiTags('devices')
@ForOperators('devices', 'rw')
export class DeviceAdminController {
  constructor(private readonly devices: DeviceAdmin) {}

  @Get()
  @ForOperators('devices', 'r')
  @Describe('List devices')
  @DescribeList(listShapes.devices)
  list(@Query() query: unknown, @PageQuery() page: Page): Promise<Paged<object>> {
    return this.devices.list(listWish(listShapes.devices, query), page);
  }

  @PostOk(':guid/enable')
  @Describe('Let a device in again')
  enable(@Caller() caller: SignedIn, @Param('guid') guid: string): Promise<void> {
    return this.devices.setDisabled(caller, guid, false);
  }

  @PostOk(':guid/disable')
  @Describe('Shut a device out and end its relayed sessions')
  disable(@Caller() caller: SignedIn, @Param('guid') guid: string): Promise<void> {
    return this.devices.setDisabled(caller, guid, true);
  }

  @DeleteOk(':guid')
  @Describe('Delete a device that is disabled')
  remove(@Caller() caller: SignedIn, @Param('guid') guid: string): Promise<void> {
    return this.devices.remove(caller, guid);
  }

  @PostOk(':guid/assign')
  @Describe('Set one thing of a device; an empty value takes it away', {
    type: 'text',
    value: 'text',
  })
  assign(@Caller() caller: SignedIn, @Param('guid') guid: string, @JsonBody() body: unknown) {
    return this.devices.assign(caller, guid, fieldsOf(body));
  }

  @PostOk(':guid/disconnect')
  @Describe('Close one incoming connection of a device', { conn_id: 'number' })
  disconnect(@Caller() caller: SignedIn, @Param('guid') guid: string, @JsonBody() body: unknown) {
    return this.devices.disconnect(caller, guid, fieldsOf(body));
  }
}

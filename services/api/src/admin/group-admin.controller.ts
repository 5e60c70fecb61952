import { Controller, Get, Param, Patch, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller, ForOperators } from '../accounts/access.guard.js';
import type { SignedIn } from '../accounts/login-tokens.js';
import { fieldsOf, optionalText, textList } from '../http/fields.js';
import { JsonBody } from '../http/json-body.js';
import { DeleteOk, PostOk } from '../http/ok.js';
import { type Page, PageQuery, type Paged } from '../http/page.js';
import { Audited } from './audited.js';
import { Describe } from './describe.js';
import { GroupAdmin } from './group-admin.js';

const MAX_MEMBERS = 10_000;
const RULES = {
  'note?': 'text',
  'allowed_incomings?': 'objects',
  'allowed_outgoings?': 'objects',
} as const;

/** Groups of users. */
@Controller('api/user-groups')
@ApiTags('groups')
@ForOperators('groups', 'rw')
export class UserGroupsController {
  constructor(private readonly groups: GroupAdmin) {}

  @Get()
  @ForOperators('groups', 'r')
  @Describe('List user groups')
  list(@Query() query: Record<string, unknown>, @PageQuery() page: Page): Promise<Paged<object>> {
    return this.groups.list('user_groups', optionalText(query, 'name'), page);
  }

  @PostOk()
  @Describe('Add a user group', { name: 'text', ...RULES })
  async create(@Caller() caller: SignedIn, @JsonBody() body: unknown): Promise<object> {
    return { guid: await this.groups.create(caller, 'user_groups', fieldsOf(body)) };
  }

  @Patch(':guid')
  @Describe('Change a user group', { 'name?': 'text', ...RULES })
  update(@Caller() caller: SignedIn, @Param('guid') guid: string, @JsonBody() body: unknown) {
    return this.groups.update(caller, 'user_groups', guid, fieldsOf(body));
  }

  @DeleteOk(':guid')
  @Describe('Delete a user group; its users stay')
  remove(@Caller() caller: SignedIn, @Param('guid') guid: string): Promise<void> {
    return this.groups.remove(caller, 'user_groups', guid);
  }

  @PostOk(':guid')
  @Audited('group', 'addMembers')
  @Describe('Put users, named by guid, into the group', 'texts')
  addUsers(@Param('guid') guid: string, @JsonBody() body: unknown): Promise<void> {
    return this.groups.addUsers(guid, textList(body, MAX_MEMBERS));
  }
}

/** Groups of devices. */
@Controller('api/device-groups')
@ApiTags('groups')
@ForOperators('groups', 'rw')
export class DeviceGroupsController {
  constructor(private readonly groups: GroupAdmin) {}

  @Get()
  @ForOperators('groups', 'r')
  @Describe('List device groups')
  list(@Query() query: Record<string, unknown>, @PageQuery() page: Page): Promise<Paged<object>> {
    return this.groups.list('device_groups', optionalText(query, 'name'), page);
  }

  @PostOk()
  @Describe('Add a device group', {
    name: 'text',
    'note?': 'text',
    'allowed_incomings?': 'objects',
  })
  async create(@Caller() caller: SignedIn, @JsonBody() body: unknown): Promise<object> {
    return { guid: await this.groups.create(caller, 'device_groups', fieldsOf(body)) };
  }

  @Patch(':guid')
  @Describe('Change a device group', { 'name?': 'text', 'note?': 'text' })
  update(@Caller() caller: SignedIn, @Param('guid') guid: string, @JsonBody() body: unknown) {
    return this.groups.update(caller, 'device_groups', guid, fieldsOf(body));
  }

  @DeleteOk(':guid')
  @Describe('Delete a device group; its devices stay')
  remove(@Caller() caller: SignedIn, @Param('guid') guid: string): Promise<void> {
    return this.groups.remove(caller, 'device_groups', guid);
  }

  @PostOk(':guid')
  @Audited('group', 'addMembers')
  @Describe('Put devices, named by id, into the group', 'texts')
  addDevices(@Param('guid') guid: string, @JsonBody() body: unknown): Promise<void> {
    return this.groups.addDevices(guid, textList(body, MAX_MEMBERS));
  }

  @DeleteOk(':guid/devices')
  @Audited('group', 'removeMembers')
  @Describe('Take devices, named by id, out of the group', 'texts')
  removeDevices(@Param('guid') guid: string, @JsonBody() body: unknown): Promise<void> {
    return this.groups.removeDevices(guid, textList(body, MAX_MEMBERS));
  }
}

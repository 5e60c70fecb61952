import {
  BadRequestException,
  Controller,
  Get,
  NotFoundException,
  Param,
  Patch,
  Query,
} from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ForOperators } from '../accounts/access.guard.js';
import { permissionsView, storedPermissions } from '../accounts/role-permissions.js';
import { type Fields, fieldsOf, optionalText, text, textList } from '../http/fields.js';
import { JsonBody } from '../http/json-body.js';
import { DeleteOk, PostOk } from '../http/ok.js';
import { type Page, PageQuery, type Paged } from '../http/page.js';
import { Refusal } from '../http/refusal.js';
import type { ControlRoleTable } from '../store/account-tables.js';
import { ControlRoleStore } from '../store/control-role-store.js';
import { Audited } from './audited.js';
import { Describe } from './describe.js';

const MAX_USERS = 10_000;
const CONFLICT = 409;

/**
 * What callers may do on the devices that they reach: a role for the users it is given to, one for all
 * other users (`default`), one for callers without a login (`not-logged`).
 */
@Controller('api/v1/control-roles')
@ApiTags('control roles')
@ForOperators('users', 'rw')
export class ControlRolesController {
  constructor(private readonly roles: ControlRoleStore) {}

  @Get()
  @ForOperators('users', 'r')
  @Describe('List control roles')
  async list(
    @Query() query: Record<string, unknown>,
    @PageQuery() page: Page,
  ): Promise<Paged<object>> {
    const { total, data } = await this.roles.list(optionalText(query, 'name'), page);
    return { total, data: data.map(view) };
  }

  @Get(':guid')
  @ForOperators('users', 'r')
  @Describe('Show a control role')
  async show(@Param('guid') guid: string): Promise<object> {
    return view(await this.#require(guid));
  }

  @PostOk()
  @Audited('controlRole', 'addControlRole')
  @Describe('Add a control role: permissions by name, each allow or deny', {
    name: 'text',
    'permissions?': 'object',
    'applies_to?': 'text',
  })
  async create(@JsonBody() body: unknown): Promise<object> {
    const fields = fieldsOf(body);
    const guid = await this.roles.create({
      name: nameOf(fields),
      applies_to: appliesTo(fields),
      permissions: storedPermissions(fields['permissions']),
    });
    if (guid !== undefined) return { guid };
    throw new Refusal('There is a control role of this name, or for these callers', CONFLICT);
  }

  @PostOk('assign')
  @Audited('controlRole', 'assignControlRole')
  @Describe('Give users, named by guid, a control role; without one take theirs away', {
    'role?': 'text',
    users: 'texts',
  })
  async assign(@JsonBody() body: unknown): Promise<void> {
    const fields = fieldsOf(body);
    const guid = optionalText(fields, 'role') ?? '';
    const users = textList(fields['users'], MAX_USERS);
    if (guid === '') return this.roles.assign(null, users);
    const role = await this.#require(guid);
    if (role.applies_to !== null) {
      throw new BadRequestException(`${role.name} is for callers without a role of their own`);
    }
    await this.roles.assign(guid, users);
  }

  @Patch(':guid')
  @Audited('controlRole', 'updateControlRole')
  @Describe('Change a control role; permissions are replaced as a whole', {
    'name?': 'text',
    'permissions?': 'object',
    'enabled?': 'yes or no',
  })
  async update(@Param('guid') guid: string, @JsonBody() body: unknown): Promise<void> {
    const fields = fieldsOf(body);
    const { name, permissions, enabled } = fields;
    await this.#require(guid);
    const changes = {
      ...(name === undefined ? {} : { name: nameOf(fields) }),
      ...(permissions === undefined ? {} : { permissions: storedPermissions(permissions) }),
      ...(typeof enabled === 'boolean' ? { enabled: enabled ? (1 as const) : (0 as const) } : {}),
    };
    const owner = changes.name === undefined ? guid : await this.roles.ownerOf(changes.name);
    if (owner !== undefined && owner !== guid) {
      throw new Refusal('There is a control role of this name', CONFLICT);
    }
    await this.roles.update(guid, changes);
  }

  @DeleteOk(':guid')
  @Audited('controlRole', 'deleteControlRole')
  @Describe('Delete a control role; its users get the default one')
  async remove(@Param('guid') guid: string): Promise<void> {
    if (!(await this.roles.remove(guid))) throw new NotFoundException(UNKNOWN);
  }

  async #require(guid: string): Promise<ControlRoleTable> {
    const role = await this.roles.byGuid(guid);
    if (role === undefined) throw new NotFoundException(UNKNOWN);
    return role;
  }
}

const UNKNOWN = 'There is no such control role';

function nameOf(fields: Fields): string {
  const name = text(fields, 'name').trim();
  if (name === '') throw new BadRequestException('A control role needs a name');
  return name;
}

function appliesTo(fields: Fields): ControlRoleTable['applies_to'] {
  const value = fields['applies_to'] ?? 'assigned';
  if (value === 'assigned') return null;
  if (value === 'default' || value === 'not-logged') return value;
  throw new BadRequestException('applies_to is assigned, default or not-logged');
}

function view(role: ControlRoleTable): object {
  const { guid, name, applies_to, enabled, permissions } = role;
  return {
    guid,
    name,
    applies_to: applies_to ?? 'assigned',
    enabled: enabled === 1,
    permissions: permissionsView(permissions),
  };
}

import type { AccessGrantTable, ControlRoleTable } from './account-tables.js';
import type { Store } from './open-store.js';
import { nameKey } from './user-store.js';

/** A caller, as far as it decides about access. */
export interface CallerFacts {
  readonly guid: string;
  readonly name: string;
  readonly status: number;
  readonly is_admin: number;
  readonly group_guid: string | null;
  readonly group_name: string | null;
  readonly control_role_guid: string | null;
}

/** A device, as far as it decides about access. */
export interface CalleeFacts {
  readonly id: string;
  readonly disabled: number;
  readonly owner_guid: string | null;
  readonly owner_name: string | null;
  readonly owner_status: number | null;
  readonly owner_group_guid: string | null;
  readonly owner_group_name: string | null;
  readonly device_group_guid: string | null;
  readonly device_group_name: string | null;
}

/** The SQL of what decides about one caller and one callee, with names that people know. */
export class AccessFactsStore {
  constructor(private readonly db: Store) {}

  caller(name: string): Promise<CallerFacts | undefined> {
    return this.db
      .selectFrom('users')
      .leftJoin('user_groups', 'user_groups.guid', 'users.group_guid')
      .select(['users.guid', 'users.name', 'status', 'is_admin'])
      .select(['group_guid', 'user_groups.name as group_name', 'control_role_guid'])
      .where('users.name_key', '=', nameKey(name))
      .executeTakeFirst();
  }

  callee(id: string): Promise<CalleeFacts | undefined> {
    return this.db
      .selectFrom('devices')
      .leftJoin('users', 'users.guid', 'devices.owner_guid')
      .leftJoin('user_groups', 'user_groups.guid', 'users.group_guid')
      .leftJoin('device_groups', 'device_groups.guid', 'devices.device_group_guid')
      .select(['devices.id', 'disabled', 'owner_guid', 'device_group_guid'])
      .select(['users.name as owner_name', 'users.status as owner_status'])
      .select(['users.group_guid as owner_group_guid', 'user_groups.name as owner_group_name'])
      .select(['device_groups.name as device_group_name'])
      .where('devices.id', '=', id)
      .executeTakeFirst();
  }

  /** The rules from this caller, or his group, to a group that the callee belongs to. */
  async rules(caller: CallerFacts, callee: CalleeFacts): Promise<AccessGrantTable[]> {
    const { guid, group_guid } = caller;
    const { owner_group_guid, device_group_guid } = callee;
    const all = this.db.selectFrom('access_grants').selectAll();
    return all
      .where((where) =>
        where.or([
          where.and({ from_kind: 'user', from_guid: guid }),
          where.and({ from_kind: 'user-group', from_guid: group_guid ?? '' }),
        ]),
      )
      .where((where) =>
        where.or([
          where.and({ to_kind: 'user-group', to_guid: owner_group_guid ?? '' }),
          where.and({ to_kind: 'device-group', to_guid: device_group_guid ?? '' }),
        ]),
      )
      .orderBy('from_kind')
      .orderBy('to_kind')
      .execute();
  }

  /** The control role that a caller brings along: his own, else the one for callers like him. */
  role(caller: CallerFacts | undefined): Promise<ControlRoleTable | undefined> {
    const roles = this.db.selectFrom('control_roles').selectAll();
    const own = caller?.control_role_guid ?? null;
    if (own !== null) return roles.where('guid', '=', own).executeTakeFirst();
    const group = caller === undefined ? 'not-logged' : 'default';
    return roles.where('applies_to', '=', group).executeTakeFirst();
  }
}

import type { ExpressionBuilder } from 'kysely';
import type { UserTable } from './account-tables.js';
import type { DeviceTable } from './device-tables.js';
import type { Store } from './open-store.js';
import type { Schema } from './schema.js';
import type { Page, Paged } from '../http/page.js';

/** Who wants access, and what the operator's policy says. */
export interface Accessor {
  readonly user: Pick<UserTable, 'guid' | 'group_guid' | 'is_admin'>;
  readonly adminsAccessAll: boolean;
  readonly unassignedAllowed: boolean;
}

/** A device in the panel of accessible devices. */
export type AccessibleDevice = Pick<DeviceTable, 'id' | 'hostname' | 'os' | 'username' | 'note'> &
  Pick<DeviceTable, 'device_name' | 'device_username' | 'owner_guid'> & {
    owner_name: string | null;
    device_group_name: string | null;
  };

/** The SQL of who may access what. The rendezvous side asks the same question about one device. */
export class AccessStore {
  constructor(private readonly db: Store) {}

  async devices(accessor: Accessor, page: Page): Promise<Paged<AccessibleDevice>> {
    const matching = this.db
      .selectFrom('devices')
      .leftJoin('users', 'users.guid', 'devices.owner_guid')
      .leftJoin('device_groups', 'device_groups.guid', 'devices.device_group_guid')
      .where('devices.disabled', '=', 0)
      .where((where) => where.or([where('users.guid', 'is', null), where('users.status', '=', 1)]))
      .where((where) => mayAccess(this.db, where, accessor));
    const counted = matching.select(({ fn }) => fn.countAll<number>().as('total'));
    const { total } = await counted.executeTakeFirstOrThrow();
    const data = await matching
      .select(['devices.id', 'hostname', 'os', 'username', 'devices.note'])
      .select(['device_name', 'device_username', 'owner_guid'])
      .select(['users.name as owner_name', 'device_groups.name as device_group_name'])
      .orderBy('devices.id')
      .limit(page.limit)
      .offset(page.offset)
      .execute();
    return { total, data };
  }

  /** Users whose devices are accessible through groups, and the accessor; nobody who is disabled. */
  async users(accessor: Accessor, page: Page): Promise<Paged<UserTable>> {
    const { user } = accessor;
    const matching = this.db
      .selectFrom('users')
      .where('status', '=', 1)
      .where((where) => {
        if (seesAll(accessor)) return where.lit(true);
        return where.or([where('guid', '=', user.guid), ...groupReached(this.db, where, accessor)]);
      });
    const counted = matching.select(({ fn }) => fn.countAll<number>().as('total'));
    const { total } = await counted.executeTakeFirstOrThrow();
    const data = await matching
      .selectAll()
      .orderBy('name_key')
      .limit(page.limit)
      .offset(page.offset)
      .execute();
    return { total, data };
  }

  async deviceGroups(accessor: Accessor, page: Page): Promise<Paged<{ name: string }>> {
    const matching = this.db.selectFrom('device_groups').where((where) => {
      if (seesAll(accessor)) return where.lit(true);
      return where('guid', 'in', grantsTo(this.db, accessor, 'device-group'));
    });
    const counted = matching.select(({ fn }) => fn.countAll<number>().as('total'));
    const { total } = await counted.executeTakeFirstOrThrow();
    const data = await matching
      .select('name')
      .orderBy('name_key')
      .limit(page.limit)
      .offset(page.offset)
      .execute();
    return { total, data };
  }
}

function seesAll({ user, adminsAccessAll }: Accessor): boolean {
  return adminsAccessAll && user.is_admin === 1;
}

/** The rule for one device, with its owner joined as `users`. */
function mayAccess(
  db: Store,
  where: ExpressionBuilder<Schema, 'devices' | 'users'>,
  accessor: Accessor,
) {
  if (seesAll(accessor)) return where.lit(true);
  const unassigned = where.and([
    where('devices.owner_guid', 'is', null),
    where('devices.device_group_guid', 'is', null),
  ]);
  return where.or([
    ...(accessor.unassignedAllowed ? [unassigned] : []),
    where('devices.owner_guid', '=', accessor.user.guid),
    ...groupReached(db, where, accessor),
    where('devices.device_group_guid', 'in', grantsTo(db, accessor, 'device-group')),
  ]);
}

/** The user (of the query) is in the accessor's own group or in one that the accessor may access. */
function groupReached(db: Store, where: ExpressionBuilder<Schema, 'users'>, accessor: Accessor) {
  const granted = where('users.group_guid', 'in', grantsTo(db, accessor, 'user-group'));
  const own = accessor.user.group_guid;
  return own === null ? [granted] : [granted, where('users.group_guid', '=', own)];
}

function grantsTo(db: Store, { user }: Accessor, kind: 'user-group' | 'device-group') {
  return db
    .selectFrom('access_grants')
    .select('to_guid')
    .where('to_kind', '=', kind)
    .where((grant) =>
      grant.or([
        grant.and({ from_kind: 'user', from_guid: user.guid }),
        grant.and({ from_kind: 'user-group', from_guid: user.group_guid ?? '' }),
      ]),
    );
}

import type { DeviceAccess, UserAccess } from '@waystation/state';
import type { Store } from './open-store.js';
import { ACCESS_CHANGES, revisionOf } from './revision.js';

/** The SQL of everything that decides who may reach what: the same rule as AccessStore's, for all at once. */
export class AccessSnapshotStore {
  constructor(private readonly db: Store) {}

  /** Another one after every change of what decides. */
  revision(): Promise<string> {
    return revisionOf(this.db, ACCESS_CHANGES);
  }

  /** Every user who is not shut out. */
  async users(adminsAccessAll: boolean): Promise<Map<string, UserAccess>> {
    const grants = await this.db.selectFrom('access_grants').selectAll().execute();
    const granted = new Map<string, { userGroups: string[]; deviceGroups: string[] }>();
    for (const { from_kind, from_guid, to_kind, to_guid } of grants) {
      const key = `${from_kind} ${from_guid}`;
      const reach = granted.get(key) ?? { userGroups: [], deviceGroups: [] };
      (to_kind === 'user-group' ? reach.userGroups : reach.deviceGroups).push(to_guid);
      granted.set(key, reach);
    }
    const users = this.db.selectFrom('users').select(['guid', 'group_guid', 'is_admin']);
    const rows = await users.where('status', '=', 1).execute();
    return new Map(
      rows.map(({ guid, group_guid, is_admin }) => {
        const own = group_guid === null ? [] : [group_guid];
        const reach = [granted.get(`user ${guid}`), granted.get(`user-group ${group_guid ?? ''}`)];
        return [
          guid,
          {
            all: adminsAccessAll && is_admin === 1,
            userGroups: [...own, ...reach.flatMap((one) => one?.userGroups ?? [])],
            deviceGroups: reach.flatMap((one) => one?.deviceGroups ?? []),
          },
        ];
      }),
    );
  }

  /** Every device with an owner or a group, by its id. */
  async devices(): Promise<Map<string, DeviceAccess>> {
    const rows = await this.db
      .selectFrom('devices')
      .leftJoin('users', 'users.guid', 'devices.owner_guid')
      .select(['devices.id', 'owner_guid', 'device_group_guid'])
      .select(['users.group_guid as owner_group', 'users.status as owner_status'])
      .where((where) =>
        where.or([where('owner_guid', 'is not', null), where('device_group_guid', 'is not', null)]),
      )
      .execute();
    return new Map(
      rows.map(({ id, owner_guid, device_group_guid, owner_group, owner_status }) => {
        const isOut = owner_guid !== null && owner_status !== 1;
        const [owner, ownerGroup] = [owner_guid ?? '', owner_group ?? ''];
        return [id, { owner, ownerGroup, isOut, group: device_group_guid ?? '' }];
      }),
    );
  }
}

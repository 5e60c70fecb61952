import { userName } from '../admin/user-admin.js';
import { type Fields, text } from '../http/fields.js';
import { Refusal } from '../http/refusal.js';
import { GroupStore, type GroupTableName } from '../store/group-store.js';
import type { Store } from '../store/open-store.js';
import { nameKey, UserStore } from '../store/user-store.js';
import { type TakeoverTally, timeOf } from './takeover-tally.js';

/** Guids here by the ids of the other database, of what came with this import. */
export type Guids = Map<unknown, string>;

/** A group whose members see each other's devices; here those of every group do. */
const SHARED = 2;
const ENABLED = 1;
const FIRST_ADMIN = 'admin';

/** Takes groups whose name is free. */
export async function takeGroups(
  db: Store,
  tally: TakeoverTally,
  from: 'groups' | 'device_groups',
): Promise<Guids> {
  const guids: Guids = new Map();
  const table: GroupTableName = from === 'groups' ? 'user_groups' : 'device_groups';
  await tally.each(from, 'name', async (row) => {
    const name = text(row, 'name').trim();
    if (name === '') throw new Refusal('it has no name');
    if (from === 'groups' && row['type'] !== SHARED) {
      throw new Refusal('its members do not share devices, which members of a group do here');
    }
    const guid = await new GroupStore(db).create(table, name, '');
    if (guid === undefined) throw new Refusal('a group of this name is here already');
    guids.set(row['id'], guid);
  });
  return guids;
}

/** Takes users whose name is free, without passwords; `admins` keeps their right to administer. */
export async function takeUsers(
  db: Store,
  tally: TakeoverTally,
  groups: Guids,
  admins: boolean,
): Promise<{ users: Guids; administrators: string[] }> {
  const users: Guids = new Map();
  const administrators: string[] = [];
  const reserved = !(await firstAdminMade(db));
  await tally.each('users', 'username', async (row) => {
    const name = userName({ name: row['username'] });
    if (reserved && nameKey(name) === FIRST_ADMIN) {
      throw new Refusal('the api gives this name to the first administrator at its first start');
    }
    const isAdmin = row['is_admin'] === 1;
    const user = await new UserStore(db).create({
      ...{ name, passwordHash: null, isAdmin: isAdmin && admins },
      ...{ displayName: text(row, 'nickname'), email: text(row, 'email') },
      ...{ note: text(row, 'remark', 300), groupGuid: groups.get(row['group_id']) ?? null },
    });
    if (user === undefined) throw new Refusal('a user of this name is here already');
    await new UserStore(db).update(user.guid, stateOf(row));
    users.set(row['id'], user.guid);
    if (isAdmin) administrators.push(name);
  });
  return { users, administrators };
}

function stateOf(row: Fields): { status: 0 | 1; created_at: number } {
  return { status: row['status'] === ENABLED ? 1 : 0, created_at: timeOf(row) };
}

async function firstAdminMade(db: Store): Promise<boolean> {
  const mark = db.selectFrom('settings').select('name').where('name', '=', 'first-user');
  return (await mark.executeTakeFirst()) !== undefined;
}

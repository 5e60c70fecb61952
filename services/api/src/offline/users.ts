import { passwordHash } from '../accounts/password-rules.js';
import { userName } from '../admin/user-admin.js';
import { fieldsOf, text } from '../http/fields.js';
import { Refusal } from '../http/refusal.js';
import { migrate } from '../store/migrate.js';
import type { Store } from '../store/open-store.js';
import { TokenStore } from '../store/token-store.js';
import { UserListStore } from '../store/user-list-store.js';
import { UserStore } from '../store/user-store.js';
import type { UserTable } from '../store/account-tables.js';

/**
 * What an operator does with users on the server itself, where nobody has to log in: `{op, name,
 * password?, admin?, email?}`. A running api sees it at once; the rendezvous learns of ended logins
 * with the api's next round, within a minute. Throws Refusal.
 */
export async function changeUsers(db: Store, request: unknown): Promise<object> {
  const fields = fieldsOf(request);
  await migrate(db);
  const op = text(fields, 'op');
  if (op === 'list') return { users: await listed(db) };
  if (op === 'add') return added(db, fields);
  const user = await required(db, text(fields, 'name'));
  if (op === 'passwd') {
    await new UserStore(db).update(user.guid, {
      password_hash: await passwordHash(fields),
      password_given: 1,
    });
    await new TokenStore(db).removeLoginsOf([user.guid]);
    return { name: user.name };
  }
  if (op !== 'disable' && op !== 'enable') throw new Refusal(`There is no "${op}" for users`, 400);
  if (op === 'disable') await keepAnAdmin(db, user);
  await new UserListStore(db).setStatus(user.guid, op === 'enable' ? 1 : 0);
  return { name: user.name };
}

async function listed(db: Store): Promise<object[]> {
  const users = await db.selectFrom('users').selectAll().orderBy('name_key').execute();
  return users.map(({ name, email, is_admin, status }) => ({
    name,
    email,
    is_admin: is_admin === 1,
    status,
  }));
}

async function added(db: Store, fields: Record<string, unknown>): Promise<object> {
  const user = await new UserStore(db).create({
    name: userName(fields),
    passwordHash: await passwordHash(fields),
    passwordGiven: true,
    isAdmin: fields['is_admin'] === true,
    email: text(fields, 'email'),
  });
  if (user === undefined) throw new Refusal('There is a user of this name', 409);
  return { name: user.name };
}

async function required(db: Store, name: string): Promise<UserTable> {
  const user = await new UserStore(db).byName(name);
  if (user === undefined) throw new Refusal(`There is no user "${name}"`, 404);
  return user;
}

async function keepAnAdmin(db: Store, { guid }: UserTable): Promise<void> {
  const admins = await new UserListStore(db).activeAdmins();
  if (admins.length === 1 && admins[0] === guid) {
    throw new Refusal('This is the only administrator', 409);
  }
}

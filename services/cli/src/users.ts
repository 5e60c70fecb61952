import { changeUsers } from './accounts.js';
import { Failure } from './failure.js';
import type { Rest } from './rest.js';

/** A user as a list shows him; status 1 usual, 0 disabled, -1 not verified yet. */
export interface ListedUser {
  readonly name: string;
  readonly email: string;
  readonly is_admin: boolean;
  readonly status: number;
}

export interface NewUser {
  readonly name: string;
  readonly password: string;
  readonly email: string;
  readonly is_admin: boolean;
}

/** What can be done with users, in the database or through a running server. */
export interface Users {
  list(): Promise<readonly ListedUser[]>;
  add(user: NewUser): Promise<void>;
  setPassword(name: string, password: string): Promise<void>;
  setStatus(name: string, op: 'enable' | 'disable'): Promise<void>;
}

/** Users in the database of this machine; needs no token, but the right to read its files. */
export const usersHere: Users = {
  list: async () => ((await changeUsers({ op: 'list' })) as { users: ListedUser[] }).users,
  add: async (user) => void (await changeUsers({ op: 'add', ...user })),
  setPassword: async (name, password) => void (await changeUsers({ op: 'passwd', name, password })),
  setStatus: async (name, op) => void (await changeUsers({ op, name })),
};

const PAGE_ROWS = 100;

/** Users of a running server. */
export function usersThere(rest: Rest): Users {
  const page = (current: number) =>
    rest.call('GET', `/api/users?current=${current}&pageSize=${PAGE_ROWS}`) as Promise<{
      total: number;
      data: (ListedUser & { guid: string })[];
    }>;
  const list = async () => {
    const all: (ListedUser & { guid: string })[] = [];
    for (let current = 1; ; current++) {
      const { total, data } = await page(current);
      all.push(...data);
      if (data.length === 0 || all.length >= total) return all;
    }
  };
  const guidOf = async (name: string): Promise<string> => {
    const key = name.normalize('NFC').toLowerCase();
    const user = (await list()).find((each) => each.name.normalize('NFC').toLowerCase() === key);
    if (user === undefined) throw new Failure(`There is no user "${name}".`);
    return user.guid;
  };
  return {
    list,
    add: async (user) => void (await rest.call('POST', '/api/users', user)),
    setPassword: async (name, password) =>
      void (await rest.call('PATCH', `/api/users/${await guidOf(name)}`, { password })),
    setStatus: async (name, op) =>
      void (await rest.call('POST', `/api/users/${await guidOf(name)}/${op}`)),
  };
}

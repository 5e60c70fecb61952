import { call } from '../api.js';
import type { Action } from '../dialog.js';
import type { Field, Values } from '../form.js';
import { plain } from '../format.js';
import type { List } from '../list-page.js';
import { roleGuid } from './guids.js';
import { suggestRoles, suggestUserGroups } from '../suggest.js';
import { Mark, type Row } from '../table.js';

const PASSWORD: Field = {
  name: 'password',
  label: 'Password',
  kind: 'password',
  required: true,
  hint: 'At least 8 characters',
};

const YES_OR_NO = [
  ['1', 'yes'],
  ['0', 'no'],
] as const;

/** Who may sign in. */
export const users: List = {
  title: 'Users',
  path: 'api/users',
  file: 'api/v1/export/users',
  filters: [
    { name: 'name', label: 'Name', anywhere: true },
    { name: 'group_name', label: 'Group', anywhere: true },
    { name: 'email', label: 'E-mail', anywhere: true },
    { name: 'is_admin', label: 'Administrator', choices: YES_OR_NO },
  ],
  columns: [
    { title: 'Name', field: 'name' },
    {
      title: 'State',
      field: 'status',
      show: ({ status }) =>
        status === 1 ? <Mark tone="good" text="active" /> : <Mark tone="bad" text="disabled" />,
    },
    { title: 'Administrator', field: 'is_admin' },
    { title: 'Group', field: 'group_name' },
    { title: 'E-mail', field: 'email' },
    { title: 'Second factor', field: 'tfa' },
    { title: 'Control role', field: 'control_role_name' },
    { title: 'Note', field: 'note' },
  ],
  actions: [addUser()],
  rowActions: (user) => [edit(user), newPassword(user), controlRole(user), ...access(user)],
};

function details(user: Row): Field[] {
  const value = (name: string): string => (typeof user[name] === 'string' ? user[name] : '');
  return [
    { name: 'display_name', label: 'Shown as', value: value('display_name') },
    { name: 'email', label: 'E-mail', value: value('email') },
    {
      name: 'group_name',
      label: 'User group',
      value: value('group_name'),
      suggest: suggestUserGroups,
    },
    { name: 'note', label: 'Note', value: value('note') },
    {
      name: 'is_admin',
      label: 'Administrator',
      kind: 'yes or no',
      value: user['is_admin'] === true,
    },
  ];
}

function userOf({ is_admin, ...values }: Values): object {
  return { ...values, is_admin: is_admin === 'Y' };
}

function addUser(): Action {
  return {
    label: 'Add user',
    fields: [{ name: 'name', label: 'Name', required: true }, PASSWORD, ...details({})],
    run: async (values) => void (await call('POST', 'api/users', userOf(values))),
  };
}

function edit(user: Row): Action {
  return {
    label: 'Change',
    fields: details(user),
    run: (values) => call('PATCH', `api/users/${String(user['guid'])}`, userOf(values)),
  };
}

function newPassword(user: Row): Action {
  return {
    label: 'Set password',
    about: `Every login of ${plain(user['name'])} ends.`,
    fields: [PASSWORD],
    run: ({ password }) => call('PATCH', `api/users/${String(user['guid'])}`, { password }),
  };
}

function controlRole(user: Row): Action {
  const value = user['control_role_name'];
  return {
    label: 'Control role',
    about: 'What the user may do on devices. Empty: as all others who have no role of their own.',
    fields: [
      {
        name: 'role',
        label: 'Role',
        value: typeof value === 'string' ? value : '',
        suggest: suggestRoles,
      },
    ],
    run: async ({ role = '' }) => {
      const wanted = role.trim() === '' ? {} : { role: await roleGuid(role) };
      await call('POST', 'api/v1/control-roles/assign', { ...wanted, users: [user['guid']] });
    },
  };
}

function access(user: Row): Action[] {
  const guid = String(user['guid']);
  const one = { user_guids: [guid] };
  const post = (what: string) => async (): Promise<void> =>
    call('POST', `api/users/${guid}/${what}`);
  const shut: Action =
    user['status'] === 1
      ? { label: 'Disable', about: 'Every login ends.', danger: true, run: post('disable') }
      : { label: 'Enable', about: 'The user may sign in again.', run: post('enable') };
  const logOut: Action = {
    label: 'Log out',
    about: 'Every login of this user ends.',
    run: () => call('POST', 'api/users/force-logout', one),
  };
  const factor: Action = {
    label: 'Reset second factor',
    about: 'For a user who lost the authenticator; the password alone is enough then.',
    run: () => call('PUT', 'api/users/disable_login_verification', { ...one, type: '2fa' }),
  };
  const remove: Action = {
    label: 'Delete',
    about: 'The address books of this user go as well.',
    danger: true,
    run: () => call('DELETE', `api/users/${guid}`),
  };
  return [shut, logOut, ...(user['tfa'] === true ? [factor] : []), remove];
}

import type { JSX } from 'preact';
import { call } from '../api.js';
import type { Action } from '../dialog.js';
import type { Field, Values } from '../form.js';
import { plain } from '../format.js';
import type { List } from '../list-page.js';
import { home } from '../login.js';
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

const INVITED = -1;
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
      show: state,
    },
    { title: 'Administrator', field: 'is_admin' },
    { title: 'Group', field: 'group_name' },
    { title: 'E-mail', field: 'email' },
    { title: 'Second factor', field: 'tfa', show: secondFactor },
    { title: 'Control role', field: 'control_role_name' },
    { title: 'Note', field: 'note' },
  ],
  actions: [invite(), addUser()],
  rowActions: (user) =>
    user['status'] === INVITED
      ? [edit(user), inviteAgain(user), remove(user)]
      : [edit(user), newPassword(user), controlRole(user), requireApp(user), ...access(user)],
};

function state({ status }: Row): JSX.Element {
  if (status === INVITED) return <Mark tone="dim" text="invited" />;
  return status === 1 ? <Mark tone="good" text="active" /> : <Mark tone="bad" text="disabled" />;
}

function secondFactor({ tfa, tfa_required }: Row): string {
  if (tfa === true) return 'on';
  return tfa_required === true ? 'at next sign-in' : '–';
}

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

interface Invited {
  readonly mailed: boolean;
  readonly link?: string;
  readonly reason?: string;
}

/** What the operator has to do himself: hand the link over, when it was not mailed. */
function linkOf({ mailed, link = '', reason }: Invited): string | undefined {
  if (mailed) return undefined;
  return reason === undefined ? link : `${link}\n\nIt could not be mailed: ${reason}`;
}

function invite(): Action {
  return {
    label: 'Invite user',
    about:
      'The user gets a link, valid for three days, and chooses a password with it. It is mailed where a mail server is configured, else it is shown to you once.',
    fields: [{ name: 'name', label: 'Name', required: true }, ...details({})],
    run: async (values) =>
      linkOf(await call<Invited>('POST', 'api/users/invite', { ...userOf(values), url: home() })),
  };
}

function inviteAgain({ guid }: Row): Action {
  return {
    label: 'New invitation',
    about: 'A new link; the old one no longer works.',
    run: async () =>
      linkOf(await call<Invited>('POST', `api/users/${String(guid)}/invite`, { url: home() })),
  };
}

function requireApp({ guid, tfa_enforced }: Row): Action {
  const on = tfa_enforced === true;
  return {
    label: on ? 'No longer require app' : 'Require authenticator app',
    about: on
      ? 'The password alone is enough again, unless a setting says otherwise.'
      : 'Signing in with a password takes an authenticator app then; the user sets it up in this console. Logins that there are go on.',
    run: () =>
      call('PUT', 'api/users/tfa/totp/enforce', {
        user_guids: [guid],
        enforce: !on,
        url: home(),
      }),
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
  return [shut, logOut, ...(user['tfa'] === true ? [factor] : []), remove(user)];
}

function remove({ guid }: Row): Action {
  return {
    label: 'Delete',
    about:
      'The address books of this user go as well; shared ones can be given to somebody else before.',
    danger: true,
    run: () => call('DELETE', `api/users/${String(guid)}`),
  };
}

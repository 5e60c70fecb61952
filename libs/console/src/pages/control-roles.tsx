import type { JSX } from 'preact';
import { call } from '../api.js';
import type { Action } from '../dialog.js';
import type { Field, Values } from '../form.js';
import { plain } from '../format.js';
import type { List } from '../list-page.js';
import { suggestUsers } from '../suggest.js';
import { Mark, type Row } from '../table.js';
import { userGuid } from './guids.js';

const PATH = 'api/v1/control-roles';
/** What a role may rule, as the server names it, and what the form says. */
const PERMISSIONS = [
  ['keyboard', 'Keyboard and mouse'],
  ['remote_printer', 'Remote printer'],
  ['clipboard', 'Clipboard'],
  ['file', 'Files'],
  ['audio', 'Audio'],
  ['camera', 'Camera'],
  ['terminal', 'Terminal'],
  ['tunnel', 'TCP tunnel'],
  ['restart', 'Restart'],
  ['recording', 'Recording'],
  ['block_input', 'Block input'],
  ['remote_modify', 'Change settings'],
  ['privacy_mode', 'Privacy mode'],
] as const;
const RULES = [
  ['', 'up to the device'],
  ['allow', 'allow'],
  ['deny', 'deny'],
] as const;
const APPLIES = [
  ['assigned', 'users that it is given to'],
  ['default', 'all other users'],
  ['not-logged', 'callers without a login'],
] as const;

/** What callers may do on the devices that they reach. */
export const controlRoles: List = {
  title: 'Control roles',
  about:
    'What a caller may do on a device once he is there (clients from 1.4.5 on). A change counts for calls from then on.',
  path: PATH,
  empty: 'There are no roles: every device decides by its own settings.',
  filters: [{ name: 'name', label: 'Name', anywhere: true }],
  columns: [
    { title: 'Name', field: 'name' },
    { title: 'For', field: 'applies_to', show: appliesTo },
    {
      title: 'State',
      field: 'enabled',
      show: ({ enabled }) =>
        enabled === true ? <Mark tone="good" text="on" /> : <Mark tone="dim" text="off" />,
    },
    { title: 'Allows', field: 'permissions', show: (role) => ruled(role, 'allow') },
    { title: 'Denies', field: 'permissions', show: (role) => ruled(role, 'deny') },
  ],
  actions: [add()],
  rowActions: (role) => [change(role), ...give(role), toggle(role), remove(role)],
};

function appliesTo({ applies_to, guid }: Row): JSX.Element | string {
  const word = APPLIES.find(([value]) => value === applies_to)?.[1] ?? plain(applies_to);
  if (applies_to !== 'assigned') return word;
  return <a href={`#/users?control_role=${plain(guid)}`}>{word}</a>;
}

function permissionsOf({ permissions }: Row): Readonly<Record<string, unknown>> {
  return typeof permissions === 'object' && permissions !== null ? { ...permissions } : {};
}

function ruled(role: Row, wanted: 'allow' | 'deny'): string {
  const rules = permissionsOf(role);
  const labels = PERMISSIONS.filter(([name]) => rules[name] === wanted).map(([, label]) => label);
  return labels.join(', ') || '–';
}

function permissionFields(role: Row): Field[] {
  const rules = permissionsOf(role);
  return PERMISSIONS.map(([name, label]) => {
    const value = rules[name];
    return {
      name,
      label,
      choices: RULES,
      half: true,
      value: typeof value === 'string' ? value : '',
    };
  });
}

function roleOf({ name, applies_to, ...rules }: Values): object {
  const permissions = Object.fromEntries(Object.entries(rules).filter(([, rule]) => rule !== ''));
  return { name, permissions, ...(applies_to === undefined ? {} : { applies_to }) };
}

function nameField(role: Row): Field {
  const { name } = role;
  return {
    name: 'name',
    label: 'Name',
    required: true,
    value: typeof name === 'string' ? name : '',
  };
}

function one({ guid }: Row): string {
  return `${PATH}/${String(guid)}`;
}

function add(): Action {
  return {
    label: 'Add role',
    fields: [
      nameField({}),
      { name: 'applies_to', label: 'For', choices: APPLIES, value: 'assigned' },
      ...permissionFields({}),
    ],
    run: async (values) => void (await call('POST', PATH, roleOf(values))),
  };
}

function change(role: Row): Action {
  return {
    label: 'Change',
    fields: [nameField(role), ...permissionFields(role)],
    run: (values) => call('PATCH', one(role), roleOf(values)),
  };
}

function give({ applies_to, guid }: Row): Action[] {
  if (applies_to !== 'assigned') return [];
  return [
    {
      label: 'Give to a user',
      about: 'It takes the place of the role that the user has now.',
      fields: [{ name: 'user', label: 'User', required: true, suggest: suggestUsers }],
      run: async ({ user = '' }) =>
        call('POST', `${PATH}/assign`, { role: guid, users: [await userGuid(user)] }),
    },
  ];
}

function toggle(role: Row): Action {
  const on = role['enabled'] === true;
  return {
    label: on ? 'Switch off' : 'Switch on',
    about: on
      ? 'Its users bring no role along then; the default role does not step in.'
      : 'It counts for calls from now on.',
    run: () => call('PATCH', one(role), { enabled: !on }),
  };
}

function remove(role: Row): Action {
  return {
    label: 'Delete',
    about: 'Its users get the role for all other users, if there is one.',
    danger: true,
    run: () => call('DELETE', one(role)),
  };
}

import { call } from '../api.js';
import type { Action } from '../dialog.js';
import type { Field } from '../form.js';
import { plain } from '../format.js';
import type { List } from '../list-page.js';
import { suggestDeviceGroups, suggestUserGroups, suggestUsers } from '../suggest.js';
import type { Row } from '../table.js';
import { AccessCheck } from './access-check.js';

const PATH = 'api/v1/access-rules';
const FROM = [
  ['user-group', 'user group'],
  ['user', 'user'],
] as const;
const TO = [
  ['device-group', 'device group'],
  ['user-group', 'devices of user group'],
] as const;

/** Who may reach what. */
export const accessRules: List = {
  title: 'Access rules',
  about:
    'A user reaches his own devices, those of his group, and what a rule lets him or his group reach. A rule only allows; what none allows is denied, while ACCESS_RULES is on.',
  path: PATH,
  empty: 'There are no rules: users reach their own devices and those of their group.',
  Top: AccessCheck,
  filters: [
    { name: 'from', label: 'Who', anywhere: true },
    { name: 'to', label: 'What', anywhere: true },
    { name: 'from_kind', label: 'Kind of who', choices: FROM },
    { name: 'to_kind', label: 'Kind of what', choices: TO },
  ],
  columns: [
    { title: 'Who', field: 'from', show: (row) => named(FROM, row['from_kind'], row['from']) },
    { title: 'May reach', field: 'to', show: (row) => named(TO, row['to_kind'], row['to']) },
  ],
  actions: [add()],
  rowActions: (rule) => [change(rule), remove(rule)],
};

function named(words: typeof FROM | typeof TO, kind: unknown, name: unknown): string {
  const word = words.find(([value]) => value === kind)?.[1] ?? '';
  return `${word} ${plain(name)}`;
}

function fieldsOf(rule: Row): Field[] {
  const text = (name: string): string => (typeof rule[name] === 'string' ? rule[name] : '');
  return [
    { name: 'from_kind', label: 'Who', choices: FROM, value: text('from_kind') || 'user-group' },
    {
      name: 'from',
      label: 'Name',
      required: true,
      value: text('from'),
      suggest: (values) =>
        (values['from_kind'] === 'user' ? suggestUsers : suggestUserGroups)(values),
    },
    { name: 'to_kind', label: 'May reach', choices: TO, value: text('to_kind') || 'device-group' },
    {
      name: 'to',
      label: 'Name',
      required: true,
      value: text('to'),
      suggest: (values) =>
        (values['to_kind'] === 'user-group' ? suggestUserGroups : suggestDeviceGroups)(values),
    },
  ];
}

function add(): Action {
  return {
    label: 'Add rule',
    fields: fieldsOf({}),
    run: async (values) => void (await call('POST', PATH, values)),
  };
}

function one({ guid }: Row): string {
  return `${PATH}/${encodeURIComponent(String(guid))}`;
}

function change(rule: Row): Action {
  return {
    label: 'Change',
    fields: fieldsOf(rule),
    run: async (values) => void (await call('PUT', one(rule), values)),
  };
}

function remove(rule: Row): Action {
  return {
    label: 'Delete',
    about: 'What only this rule allows is denied within seconds. Running sessions go on.',
    danger: true,
    run: () => call('DELETE', one(rule)),
  };
}

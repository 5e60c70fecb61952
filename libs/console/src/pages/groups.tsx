import { call } from '../api.js';
import type { Action } from '../dialog.js';
import type { Field } from '../form.js';
import type { List } from '../list-page.js';
import type { Row } from '../table.js';

/** Groups of users and groups of devices differ in their path and their words only. */
function groups(title: string, path: string, about: string): List {
  const one = (group: Row): string => `${path}/${String(group['guid'])}`;
  const change = (group: Row): Action => ({
    label: 'Change',
    fields: fieldsOf(group),
    run: (values) => call('PATCH', one(group), values),
  });
  const remove = (group: Row): Action => ({
    label: 'Delete',
    about: 'The members stay.',
    danger: true,
    run: () => call('DELETE', one(group)),
  });
  const add: Action = {
    label: 'Add group',
    fields: fieldsOf({}),
    run: async (values) => void (await call('POST', path, values)),
  };
  return {
    title,
    about,
    path,
    filters: [{ name: 'name', label: 'Name', anywhere: true }],
    columns: [
      { title: 'Name', field: 'name' },
      { title: 'Note', field: 'note' },
    ],
    actions: [add],
    rowActions: (group) => [change(group), remove(group)],
  };
}

function fieldsOf({ name, note }: Row): Field[] {
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  return [
    { name: 'name', label: 'Name', required: true, value: text(name) },
    { name: 'note', label: 'Note', value: text(note) },
  ];
}

/** Groups of users. */
export const userGroups = groups(
  'User groups',
  'api/user-groups',
  'Rules and shared address books name groups. A user is put into one on the page of users.',
);

/** Groups of devices. */
export const deviceGroups = groups(
  'Device groups',
  'api/device-groups',
  'Rules and strategies name groups. A device is put into one on the page of devices.',
);

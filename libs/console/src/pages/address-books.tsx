import type { JSX } from 'preact';
import { call } from '../api.js';
import type { Action } from '../dialog.js';
import type { Field } from '../form.js';
import { plain } from '../format.js';
import type { List } from '../list-page.js';
import { placeHash } from '../place.js';
import { suggestUsers } from '../suggest.js';
import type { Row } from '../table.js';

const FULL = 3;
/** What a rule of sharing allows, by its number. */
export const RIGHTS = [
  ['1', 'read, with passwords'],
  ['2', 'read and change'],
  ['3', 'everything'],
] as const;

/** Shared address books of everybody. */
export const addressBooks: List = {
  title: 'Address books',
  about:
    'Shared address books, whosever they are. What is in a book is for its owner and for those whom it is shared with; you can give a book to yourself, which is noted.',
  path: 'api/v1/address-books',
  empty: 'Nobody has made a shared address book yet.',
  filters: [
    { name: 'name', label: 'Name', anywhere: true },
    { name: 'owner', label: 'Owner', anywhere: true },
  ],
  columns: [
    { title: 'Name', field: 'name', show: nameOf },
    { title: 'Owner', field: 'owner' },
    { title: 'Devices', field: 'peers' },
    { title: 'Rules of sharing', field: 'rules' },
    { title: 'You may', field: 'right', show: (book) => rightText(book['right']) },
    { title: 'Note', field: 'note' },
  ],
  actions: [add()],
  rowActions: (book) => [
    ...(book['right'] === FULL ? [change(book)] : []),
    give(book),
    ...(book['right'] === FULL ? [remove(book)] : []),
  ],
};

/** What a rule's number means. */
export function rightText(right: unknown): string {
  return RIGHTS.find(([value]) => value === String(right))?.[1] ?? 'not look into it';
}

function nameOf({ guid, name, right }: Row): JSX.Element | string {
  if (right === 0) return plain(name);
  const place = { page: 'address-book', query: { guid: String(guid), name: String(name) } };
  return <a href={placeHash(place)}>{plain(name)}</a>;
}

function fieldsOf({ name, note }: Row): Field[] {
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  return [
    { name: 'name', label: 'Name', required: true, value: text(name) },
    { name: 'note', label: 'Note', value: text(note) },
  ];
}

function add(): Action {
  return {
    label: 'Add address book',
    about: 'It is yours, and for nobody else until you share it.',
    fields: fieldsOf({}),
    run: async (values) => void (await call('POST', 'api/ab/shared/add', values)),
  };
}

function change(book: Row): Action {
  return {
    label: 'Change',
    fields: fieldsOf(book),
    run: (values) => call('PUT', 'api/ab/shared/update/profile', { guid: book['guid'], ...values }),
  };
}

function give({ guid }: Row): Action {
  return {
    label: 'Give to a user',
    about: 'The user becomes its owner; the rules of sharing stay.',
    fields: [{ name: 'user', label: 'User', required: true, suggest: suggestUsers }],
    run: (values) => call('PUT', `api/v1/address-books/${String(guid)}/owner`, values),
  };
}

function remove({ guid }: Row): Action {
  return {
    label: 'Delete',
    about: 'The book is gone for everybody, with all that is in it.',
    danger: true,
    run: () => call('DELETE', 'api/ab/shared', [guid]),
  };
}

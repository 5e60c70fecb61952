import type { JSX } from 'preact';
import { call } from '../api.js';
import type { Action } from '../dialog.js';
import type { Field, Values } from '../form.js';
import { plain } from '../format.js';
import { type List, ListPage } from '../list-page.js';
import type { Place } from '../place.js';
import { suggestDevices } from '../suggest.js';
import type { Row } from '../table.js';
import { BookRules } from './book-rules.js';

/** One address book: its entries, and whom it is shared with. */
export function AddressBookPage({ place }: { place: Place }): JSX.Element {
  const { guid = '', name = '' } = place.query;
  return (
    <>
      <p>
        <a href="#/address-books">‹ Address books</a>
      </p>
      <ListPage key={guid} list={entries(guid, name)} place={place} />
      <BookRules guid={guid} />
    </>
  );
}

function entries(guid: string, name: string): List {
  return {
    title: name === '' ? 'Address book' : name,
    path: `api/ab/peers?ab=${encodeURIComponent(guid)}`,
    empty: 'There are no devices in this address book yet.',
    filters: [
      { name: 'id', label: 'Id', anywhere: true },
      { name: 'alias', label: 'Alias', anywhere: true },
    ],
    columns: [
      {
        title: 'Id',
        field: 'id',
        show: ({ id }) => <a href={`rustdesk://${plain(id)}`}>{plain(id)}</a>,
      },
      { title: 'Alias', field: 'alias' },
      { title: 'Host', field: 'hostname' },
      { title: 'User there', field: 'username' },
      { title: 'System', field: 'platform' },
      { title: 'Tags', field: 'tags', show: ({ tags }) => tagsText(tags) || '–' },
      { title: 'Password', field: 'password', show: secret },
      { title: 'Note', field: 'note' },
    ],
    actions: [add(guid)],
    rowActions: (entry) => [change(guid, entry), remove(guid, entry)],
  };
}

/** Nobody reads passwords here over somebody's shoulder. */
function secret({ password, hash }: Row): string {
  return [password, hash].some((one) => typeof one === 'string' && one !== '') ? 'set' : '–';
}

function tagsText(tags: unknown): string {
  return Array.isArray(tags) ? tags.join(', ') : '';
}

function fieldsOf(entry: Row): Field[] {
  const text = (name: string): string => (typeof entry[name] === 'string' ? entry[name] : '');
  return [
    { name: 'alias', label: 'Alias', value: text('alias') },
    { name: 'tags', label: 'Tags', value: tagsText(entry['tags']), hint: 'Separated by commas' },
    { name: 'note', label: 'Note', value: text('note') },
    {
      name: 'password',
      label: 'Password',
      kind: 'password',
      autocomplete: 'new-password',
      hint: 'Of the device, for all who see this book. Empty leaves it as it is.',
    },
  ];
}

function entryOf({ tags = '', password = '', ...values }: Values): object {
  const names = tags.split(',').map((tag) => tag.trim());
  return {
    ...values,
    tags: names.filter((tag) => tag !== ''),
    ...(password === '' ? {} : { password }),
  };
}

function add(guid: string): Action {
  const id: Field = { name: 'id', label: 'Id', required: true, suggest: suggestDevices };
  return {
    label: 'Add device',
    fields: [id, ...fieldsOf({})],
    run: (values) => call('POST', `api/ab/peer/add/${guid}`, entryOf(values)),
  };
}

function change(guid: string, entry: Row): Action {
  return {
    label: 'Change',
    fields: fieldsOf(entry),
    run: (values) =>
      call('PUT', `api/ab/peer/update/${guid}`, { id: entry['id'], ...entryOf(values) }),
  };
}

function remove(guid: string, { id }: Row): Action {
  return {
    label: 'Take out',
    about: 'The device stays; it leaves this address book, with its password there.',
    danger: true,
    run: () => call('DELETE', `api/ab/peer/${guid}`, [id]),
  };
}

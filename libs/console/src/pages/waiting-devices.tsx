import { call } from '../api.js';
import type { Action } from '../dialog.js';
import type { List } from '../list-page.js';
import { Moment, type Row } from '../table.js';

/** New devices that nobody has let in yet. */
export const waitingDevices: List = {
  title: 'Waiting devices',
  about: 'Where the server lets nobody in by itself (REQUIRE_APPROVAL), new devices wait here.',
  path: 'api/v1/pending-devices',
  columns: [
    { title: 'Id', field: 'id' },
    { title: 'Address', field: 'ip' },
    { title: 'Machine', field: 'uuid' },
    { title: 'Last asked', field: 'asked_at', show: ({ asked_at }) => <Moment at={asked_at} /> },
  ],
  rowActions: (device) => [letIn(device), reject(device)],
};

function path({ id }: Row, more = ''): string {
  return `api/v1/pending-devices/${encodeURIComponent(String(id))}${more}`;
}

function letIn(device: Row): Action {
  return {
    label: 'Let in',
    about: 'It registers with its next try, a few seconds from now.',
    run: () => call('POST', path(device, '/approve')),
  };
}

function reject(device: Row): Action {
  return {
    label: 'Take off the list',
    about: 'It comes back when it asks again.',
    danger: true,
    run: () => call('DELETE', path(device)),
  };
}

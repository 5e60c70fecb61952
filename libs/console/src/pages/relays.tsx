import { call } from '../api.js';
import type { Action } from '../dialog.js';
import type { List } from '../list-page.js';
import { Mark, Moment } from '../table.js';

/** The relays that live now. */
export const relays: List = {
  title: 'Relays',
  path: 'api/v1/relays',
  columns: [
    { title: 'Replica', field: 'id' },
    { title: 'Address', field: 'address' },
    {
      title: 'State',
      field: 'draining',
      show: ({ draining }) =>
        draining === true ? <Mark tone="dim" text="leaving" /> : <Mark tone="good" text="open" />,
    },
    { title: 'Sessions', field: 'sessions' },
    { title: 'Region', field: 'region' },
    { title: 'Version', field: 'version' },
    { title: 'Since', field: 'started_at', show: ({ started_at }) => <Moment at={started_at} /> },
  ],
  actions: [explain()],
};

function explain(): Action {
  return {
    label: 'Explain a choice',
    about: 'Which relay a caller from an address would be given now, and why not the others.',
    fields: [{ name: 'ip', label: 'Address of the caller', required: true }],
    run: async ({ ip = '' }) => {
      const choice = await call<object>(
        'GET',
        `api/v1/relays/explain?ip=${encodeURIComponent(ip)}`,
      );
      return JSON.stringify(choice, null, 2);
    },
  };
}

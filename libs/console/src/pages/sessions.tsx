import type { JSX } from 'preact';
import { call } from '../api.js';
import type { Action } from '../dialog.js';
import { bytes, duration, plain } from '../format.js';
import type { List } from '../list-page.js';
import { Moment, type Column, Mark, type Row } from '../table.js';

const PATHS = [
  ['relayed', 'relayed'],
  ['direct', 'direct'],
  ['unknown', 'unknown'],
] as const;

const started: Column = {
  title: 'Began',
  field: 'started_at',
  show: ({ started_at }) => <Moment at={started_at} />,
};

/** What became of attempts that reached their device. */
export const sessions: List = {
  title: 'Sessions',
  about:
    'A session is verified when a relay or a rendezvous saw it, and claimed when only the device reports it. What runs over a relay is shown seconds after it began; its bytes are counted once a minute.',
  path: 'api/v1/sessions',
  file: 'api/v1/export/sessions',
  filters: [
    { name: 'device', label: 'Device' },
    { name: 'user', label: 'User', anywhere: true },
    {
      name: 'running',
      label: 'State',
      choices: [
        ['1', 'running'],
        ['0', 'over'],
      ],
    },
    { name: 'path', label: 'Way', choices: PATHS },
    {
      name: 'verified',
      label: 'Known by',
      choices: [
        ['1', 'verified'],
        ['0', 'claimed'],
      ],
    },
  ],
  columns: [
    started,
    { title: 'Lasted', field: 'lasted_ms', show: lasted },
    { title: 'From', field: 'caller_id', show: caller },
    { title: 'Device', field: 'callee_id' },
    { title: 'User', field: 'user_name' },
    { title: 'Way', field: 'path' },
    { title: 'Bytes', field: 'bytes', show: (row) => bytes(row['bytes']) },
    { title: 'End', field: 'end_reason' },
    { title: 'Known by', field: 'trust', show: trust },
  ],
  rowActions: (session) => [reasons(session), ...endNow(session)],
};

/** Every try to reach a device, and why it failed if it did. */
export const attempts: List = {
  title: 'Attempts',
  about: 'Why did this fail? The id of an attempt stands in the text that its caller was shown.',
  path: 'api/v1/attempts',
  file: 'api/v1/export/attempts',
  filters: [
    { name: 'id', label: 'Attempt' },
    { name: 'device', label: 'Device' },
    { name: 'user', label: 'User', anywhere: true },
    { name: 'address', label: 'Address' },
    { name: 'outcome', label: 'Outcome' },
  ],
  columns: [
    started,
    { title: 'Outcome', field: 'outcome', show: outcome },
    { title: 'From', field: 'caller_ip' },
    { title: 'Device', field: 'callee_id' },
    { title: 'User', field: 'user_name' },
    { title: 'What it means', field: 'why' },
    { title: 'What to look at', field: 'hint' },
    { title: 'Attempt', field: 'attempt' },
  ],
};

function lasted({ lasted_ms, ended_at }: Row): string | JSX.Element {
  if (ended_at === null) return <Mark tone="good" text="running" />;
  return typeof lasted_ms === 'number' ? duration(lasted_ms / 1000) : '–';
}

function caller({ caller_id, caller_name, caller_ip }: Row): string {
  const known = [caller_id, caller_name, caller_ip].filter((text) => text !== '').map(plain);
  return known.length === 0 ? '–' : known.join(' ');
}

function trust({ trust: word }: Row): JSX.Element {
  return <Mark tone={word === 'verified' ? 'good' : 'dim'} text={plain(word)} />;
}

function outcome({ outcome: word, reached }: Row): JSX.Element {
  return <Mark tone={reached === true ? 'good' : 'bad'} text={plain(word)} />;
}

function reasons({ guid }: Row): Action {
  return {
    label: 'Show everything',
    about: 'The session with its attempt and what the device reports, as the server keeps them.',
    run: async () => {
      const all = await call<object>('GET', `api/v1/sessions/${encodeURIComponent(String(guid))}`);
      return JSON.stringify(all, null, 2);
    },
  };
}

function endNow({ ended_at, path, uuid }: Row): Action[] {
  if (ended_at !== null || path !== 'relayed') return [];
  const about = 'Both sides are disconnected at once; they may connect again.';
  const run = (): Promise<void> => call('POST', 'api/v1/relay-sessions/close', { uuid });
  return [{ label: 'End session', about, danger: true, run }];
}

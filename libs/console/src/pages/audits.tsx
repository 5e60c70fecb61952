import { plain } from '../format.js';
import type { List } from '../list-page.js';
import { Moment, type Column, type Row } from '../table.js';

const DEVICE = { name: 'device', label: 'Device', anywhere: true };
const REMOTE = { name: 'remote', label: 'Other side', anywhere: true };

/** What the numbers of the list of connections stand for. */
const CONNECTIONS = ['desktop', 'files', 'port', 'camera', 'terminal'];
const OPERATIONS = [
  'signed in',
  'added a group',
  'added a user',
  'added a device',
  'deleted a group',
  'disconnected a device',
  'enabled a user',
  'disabled a user',
  'enabled a device',
  'disabled a device',
  'changed a group',
  'changed a user',
  'changed a device',
  'deleted a user',
  'deleted a device',
  'added an address book',
  'deleted an address book',
  'renamed an address book',
  'deleted from the bin',
  'emptied the bin',
  'added a sharing rule',
  'deleted a sharing rule',
  'changed a sharing rule',
];
/** What this server adds to them. */
const FIRST_OWN = 100;
const OWN_OPERATIONS = [
  'listed networks',
  'took networks off a list',
  'changed the bandwidth',
  'ended sessions',
  'exported a list',
  'added members',
  'removed members',
  'added a strategy',
  'changed a strategy',
  'switched a strategy',
  'assigned a strategy',
  'made a token',
  'revoked a token',
  'ended logins',
  'took a second factor',
  'added a control role',
  'changed a control role',
  'deleted a control role',
  'assigned a control role',
  'added an access rule',
  'changed an access rule',
  'deleted an access rule',
  'gave an address book away',
  'invited a user',
  'required an authenticator app',
  'fetched a recording',
  'deleted a recording',
  'deleted a strategy',
];

const when: Column = {
  title: 'When',
  field: 'created_at',
  show: ({ created_at }) => <Moment at={created_at} />,
};

const word = (words: readonly string[], value: unknown): string =>
  (typeof value === 'number' ? words[value] : undefined) ?? plain(value);

/** Connections, as the controlled devices report them. */
export const connections: List = {
  title: 'Reported connections',
  about: 'What controlled devices reported of themselves.',
  path: 'api/audits/conn',
  file: 'api/v1/export/audit-conn',
  filters: [DEVICE, REMOTE],
  columns: [
    when,
    { title: 'Ended', field: 'end_time', show: ({ end_time }) => <Moment at={end_time} /> },
    { title: 'Kind', field: 'conn_type', show: (row) => word(CONNECTIONS, row['conn_type']) },
    { title: 'Device', field: 'device_id' },
    { title: 'From', field: 'peer_id' },
    { title: 'Name', field: 'peer_name' },
    { title: 'Address', field: 'ip' },
    { title: 'Note', field: 'note' },
  ],
};

/** Files that went over a connection. */
export const files: List = {
  title: 'Files',
  path: 'api/audits/file',
  file: 'api/v1/export/audit-file',
  filters: [DEVICE, REMOTE],
  columns: [
    when,
    { title: 'Device', field: 'device_id' },
    { title: 'Other side', field: 'peer_id' },
    {
      title: 'Direction',
      field: 'direction',
      show: ({ direction }) => (direction === 1 ? 'to the device' : 'from the device'),
    },
    { title: 'Path', field: 'path' },
    { title: 'Files', field: 'file_count' },
  ],
};

/** What devices and accounts raised an alarm about. */
export const alarms: List = {
  title: 'Alarms',
  path: 'api/audits/alarm',
  file: 'api/v1/export/audit-alarm',
  filters: [DEVICE],
  columns: [
    when,
    { title: 'Kind', field: 'typ' },
    { title: 'Device', field: 'device_id' },
    { title: 'What', field: 'info', show: ({ info }) => plain(info) },
  ],
};

/** What operators did. */
export const operators: List = {
  title: 'Operators',
  path: 'api/audits/console',
  file: 'api/v1/export/audit-console',
  filters: [
    { name: 'operator', label: 'Operator', anywhere: true },
    { name: 'subject', label: 'To', anywhere: true },
  ],
  columns: [
    when,
    { title: 'Operator', field: 'operator' },
    { title: 'Did', field: 'iop', show: ({ iop }: Row) => did(iop) },
    {
      title: 'To',
      field: 'subject_name',
      show: ({ subject, subject_name }) => (
        <span class="breaks">{plain(subject_name === '' ? subject : subject_name)}</span>
      ),
    },
  ],
};

function did(operation: unknown): string {
  if (typeof operation !== 'number') return plain(operation);
  if (operation < FIRST_OWN) return word(OPERATIONS, operation);
  return OWN_OPERATIONS[operation - FIRST_OWN] ?? 'called';
}

import type { JSX } from 'preact';
import { call } from '../api.js';
import type { Action } from '../dialog.js';
import { plain } from '../format.js';
import type { List } from '../list-page.js';
import { Moment, Mark, type Row } from '../table.js';

/** What can be set of a device, as the server names it, and what the form says. */
const ASSIGNABLE = [
  ['user_name', 'User'],
  ['device_group_name', 'Device group'],
  ['strategy_name', 'Strategy'],
  ['device_name', 'Name'],
  ['note', 'Note'],
] as const;

/** Every device that reports to this server. */
export const devices: List = {
  title: 'Devices',
  path: 'api/devices',
  file: 'api/v1/export/devices',
  filters: [
    { name: 'id', label: 'Id', anywhere: true },
    { name: 'device_name', label: 'Name', anywhere: true },
    { name: 'user_name', label: 'User', anywhere: true },
    { name: 'device_group_name', label: 'Group', anywhere: true },
  ],
  columns: [
    {
      title: 'Id',
      field: 'id',
      show: ({ id }) => <a href={`rustdesk://${plain(id)}`}>{plain(id)}</a>,
    },
    { title: 'State', field: 'status', show: state },
    { title: 'Name', field: 'device_name' },
    { title: 'User', field: 'user_name' },
    { title: 'Group', field: 'device_group_name' },
    { title: 'Strategy', field: 'strategy_name' },
    {
      title: 'System',
      field: 'info',
      show: ({ info }) => plain((info as Row | undefined)?.['os']),
    },
    {
      title: 'Last heard',
      field: 'last_online',
      show: (row) => <Moment at={row['last_online']} />,
    },
  ],
  rowActions: (device) => [assign(device), ...shutOut(device)],
};

function state({ status, is_online }: Row): JSX.Element {
  if (status === 0) return <Mark tone="bad" text="disabled" />;
  return is_online === true ? (
    <Mark tone="good" text="online" />
  ) : (
    <Mark tone="dim" text="offline" />
  );
}

function assign(device: Row): Action {
  return {
    label: 'Assign',
    about: 'Empty takes the assignment away.',
    fields: [
      { name: 'type', label: 'What', choices: ASSIGNABLE },
      { name: 'value', label: 'Value' },
    ],
    run: async ({ type, value }) => call('POST', path(device, 'assign'), { type, value }),
  };
}

function shutOut(device: Row): Action[] {
  const enable = async (): Promise<void> => call('POST', path(device, 'enable'));
  const disable = async (): Promise<void> => call('POST', path(device, 'disable'));
  const remove = async (): Promise<void> => call('DELETE', path(device));
  if (device['status'] !== 0) {
    const about = 'It can no longer register, connect, or be connected to, until it is enabled.';
    return [{ label: 'Disable', about, danger: true, run: disable }];
  }
  const about = 'The server forgets the device. It may come back as a new one.';
  return [
    { label: 'Enable', about: 'The device may register again.', run: enable },
    { label: 'Delete', about, danger: true, run: remove },
  ];
}

function path({ guid }: Row, ...more: readonly string[]): string {
  return ['api/devices', String(guid), ...more].join('/');
}

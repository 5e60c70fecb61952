import type { Filter, ListShape } from './listing.js';

const id = (...columns: string[]): Filter => ({ columns, compare: 'id' });
const word = (...columns: string[]): Filter => ({ columns, compare: 'word' });
const number = (column: string): Filter => ({ columns: [column], compare: 'number' });

function period(column: string): { since: Filter; until: Filter } {
  return {
    since: { columns: [column], compare: 'since' },
    until: { columns: [column], compare: 'until' },
  };
}

function sortsOf(table: string, ...names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, `${table}.${name}`]));
}

/** An audit list: whose filters and which of its columns can be sorted by, beside the time. */
function audit(table: string, filters: Record<string, Filter>, ...sortable: string[]): ListShape {
  const column = `${table}.created_at`;
  const since: Filter = { columns: [column], compare: 'since' };
  return {
    from: table,
    columns: `${table}.*`,
    filters: { ...filters, ...period(column), created_at: since },
    sorts: sortsOf(table, 'created_at', ...sortable),
    column,
    direction: 'desc',
    key: `${table}.guid`,
  };
}

const OWNER = 'left join users on users.guid = devices.owner_guid';
const OWNER_GROUP = 'left join user_groups on user_groups.guid = users.group_guid';

/** Every list that operators see page by page and can take away as a whole. */
export const listShapes = {
  devices: {
    from: `devices ${OWNER} ${OWNER_GROUP}
      left join device_groups on device_groups.guid = devices.device_group_guid
      left join strategies on strategies.guid = devices.strategy_guid`,
    columns: `devices.*, users.name as owner_name, user_groups.name as group_name,
      device_groups.name as device_group_name, strategies.name as strategy_name`,
    filters: {
      id: word('devices.id'),
      device_name: word('devices.device_name', 'devices.hostname'),
      user_name: word('users.name'),
      group_name: word('user_groups.name'),
      device_group_name: word('device_groups.name'),
      device_username: word('devices.device_username', 'devices.username'),
      hostname: word('devices.hostname'),
      os: word('devices.os'),
      version: word('devices.version'),
      disabled: number('devices.disabled'),
      seen_since: { columns: ['devices.last_seen_at'], compare: 'since' },
      seen_until: { columns: ['devices.last_seen_at'], compare: 'until' },
    },
    sorts: {
      ...sortsOf('devices', 'id', 'device_name', 'hostname', 'os', 'version', 'last_seen_at'),
      ...sortsOf('devices', 'created_at', 'note'),
      user_name: 'users.name',
      device_group_name: 'device_groups.name',
    },
    column: 'devices.id',
    direction: 'asc',
    key: 'devices.guid',
  },
  users: {
    from: `users left join user_groups on user_groups.guid = users.group_guid
      left join control_roles on control_roles.guid = users.control_role_guid`,
    columns: `users.*, user_groups.name as group_name, control_roles.name as control_role_name`,
    filters: {
      name: word('users.name'),
      group_name: word('user_groups.name'),
      email: word('users.email'),
      is_admin: number('users.is_admin'),
      control_role: id('users.control_role_guid'),
    },
    sorts: {
      name: 'users.name_key',
      ...sortsOf('users', 'email', 'created_at', 'status'),
      group_name: 'user_groups.name',
    },
    column: 'users.name_key',
    direction: 'asc',
    key: 'users.guid',
  },
  sessions: {
    from: 'sessions',
    columns: 'sessions.*',
    filters: {
      device: id('sessions.callee_id', 'sessions.caller_id'),
      callee: id('sessions.callee_id'),
      caller: id('sessions.caller_id'),
      user: word('sessions.user_name'),
      address: id('sessions.caller_ip', 'sessions.callee_ip'),
      path: id('sessions.path'),
      relay: id('sessions.relay'),
      outcome: id('sessions.outcome'),
      reason: id('sessions.end_reason'),
      attempt: id('sessions.attempt'),
      uuid: id('sessions.uuid'),
      running: { columns: ['sessions.ended_at'], compare: 'empty' },
      verified: number('sessions.verified'),
      conn_type: number('sessions.conn_type'),
      ...period('sessions.started_at'),
    },
    sorts: sortsOf('sessions', 'started_at', 'ended_at', 'bytes', 'callee_id', 'user_name', 'path'),
    column: 'sessions.started_at',
    direction: 'desc',
    key: 'sessions.guid',
  },
  attempts: {
    from: 'attempts',
    columns: 'attempts.*',
    filters: {
      id: id('attempts.attempt'),
      device: id('attempts.callee_id'),
      user: word('attempts.user_name'),
      address: id('attempts.caller_ip', 'attempts.callee_ip'),
      outcome: id('attempts.outcome'),
      asked: id('attempts.asked'),
      uuid: id('attempts.uuid'),
      ...period('attempts.started_at'),
    },
    sorts: sortsOf('attempts', 'started_at', 'took_ms', 'outcome', 'callee_id', 'user_name'),
    column: 'attempts.started_at',
    direction: 'desc',
    key: 'attempts.attempt',
  },
  audit_conns: audit(
    'audit_conns',
    {
      remote: word('audit_conns.peer_id'),
      device: word('audit_conns.device_id'),
      conn_type: number('audit_conns.conn_type'),
    },
    'device_id',
    'peer_id',
    'ended_at',
  ),
  audit_files: audit(
    'audit_files',
    { remote: word('audit_files.peer_id'), device: word('audit_files.device_id') },
    'device_id',
    'peer_id',
    'path',
  ),
  audit_alarms: audit(
    'audit_alarms',
    { device: word('audit_alarms.device_id'), typ: number('audit_alarms.kind') },
    'device_id',
    'kind',
  ),
  audit_console: audit(
    'audit_console',
    {
      operator: word('audit_console.operator'),
      subject: word('audit_console.subject', 'audit_console.subject_name'),
    },
    'operator',
    'operation',
  ),
} as const satisfies Record<string, ListShape>;

/** The name of a list. */
export type ListName = keyof typeof listShapes;

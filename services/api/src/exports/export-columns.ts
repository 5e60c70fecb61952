import { operationName, subjectKindName } from '../admin/console-audit.js';
import type { Listed } from '../store/lists.js';
import type { ListName } from '../store/list-shapes.js';

type Value = string | number | boolean | null;

/** The columns of an export, in order, and where each comes from. Secrets are in none of them. */
export type Columns<Row> = Readonly<Record<string, (row: Row) => Value>>;

const moment = (ms: number | null): string | null =>
  ms === null || ms === 0 ? null : new Date(ms).toISOString();

/** The columns that are taken over under their own names. */
function plain<Row>(...names: (keyof Row & string)[]): Columns<Row> {
  return Object.fromEntries(names.map((name) => [name, (row: Row): Value => row[name] as Value]));
}

/** What each list is exported as. */
export const exportColumns: { readonly [N in ListName]: Columns<Listed[N]> } = {
  devices: {
    ...plain<Listed['devices']>('id', 'device_name', 'hostname', 'device_username', 'username'),
    ...plain<Listed['devices']>('os', 'cpu', 'memory', 'version', 'owner_name', 'group_name'),
    ...plain<Listed['devices']>('device_group_name', 'strategy_name', 'note', 'last_ip'),
    disabled: ({ disabled }) => disabled === 1,
    last_seen: ({ last_seen_at }) => moment(last_seen_at),
    created: ({ created_at }) => moment(created_at),
    guid: ({ guid }) => guid,
  },
  users: {
    ...plain<Listed['users']>('name', 'display_name', 'email', 'group_name', 'note'),
    status: ({ status }) => (status === 1 ? 'normal' : status === 0 ? 'disabled' : 'unverified'),
    is_admin: ({ is_admin }) => is_admin === 1,
    second_factor: ({ totp_secret }) => totp_secret !== null,
    created: ({ created_at }) => moment(created_at),
    guid: ({ guid }) => guid,
  },
  sessions: {
    started: ({ started_at }) => moment(started_at),
    ended: ({ ended_at }) => moment(ended_at),
    trust: ({ verified }) => (verified === 1 ? 'verified' : 'claimed'),
    ...plain<Listed['sessions']>('path', 'caller_id', 'caller_name', 'caller_ip', 'callee_id'),
    ...plain<Listed['sessions']>('callee_ip', 'user_name', 'conn_type', 'caller_transport'),
    ...plain<Listed['sessions']>('callee_transport', 'relay', 'bytes', 'caller_bytes'),
    ...plain<Listed['sessions']>('callee_bytes', 'end_reason', 'outcome', 'attempt', 'guid'),
  },
  attempts: {
    started: ({ started_at }) => moment(started_at),
    ...plain<Listed['attempts']>('attempt', 'asked', 'outcome', 'took_ms', 'caller_ip'),
    ...plain<Listed['attempts']>('caller_transport', 'callee_id', 'callee_ip', 'user_name'),
    ...plain<Listed['attempts']>('uuid', 'replica', 'steps'),
  },
  audit_conns: {
    began: ({ created_at }) => moment(created_at),
    ended: ({ ended_at }) => moment(ended_at),
    ...plain<Listed['audit_conns']>('device_id', 'peer_id', 'peer_name', 'ip', 'conn_type'),
    ...plain<Listed['audit_conns']>('primary_auth', 'two_factor', 'session_id', 'conn_id'),
    ...plain<Listed['audit_conns']>('note', 'session_guid', 'guid'),
  },
  audit_files: {
    at: ({ created_at }) => moment(created_at),
    direction: ({ direction }) => (direction === 0 ? 'to the caller' : 'to the device'),
    ...plain<Listed['audit_files']>('device_id', 'peer_id', 'peer_name', 'ip', 'path'),
    ...plain<Listed['audit_files']>('file_count', 'files', 'guid'),
  },
  audit_alarms: {
    at: ({ created_at }) => moment(created_at),
    ...plain<Listed['audit_alarms']>('device_id', 'kind', 'info', 'conn_id', 'guid'),
  },
  audit_console: {
    at: ({ created_at }) => moment(created_at),
    operator: ({ operator }) => operator,
    subject_kind: ({ subject_kind }) => subjectKindName(subject_kind),
    operation: ({ operation }) => operationName(operation),
    subject: ({ subject }) => subject,
    subject_name: ({ subject_name }) => subject_name,
    ip: ({ ip }) => ip,
    guid: ({ guid }) => guid,
  },
};

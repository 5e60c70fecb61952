import type { Flag } from './account-tables.js';

export interface ConnAuditTable {
  guid: string;
  device_id: string;
  device_uuid: string;
  conn_id: number;
  /** Decimal text of an unsigned 64-bit number; `0` before the login. */
  session_id: string;
  ip: string;
  audit_ref: string;
  /** Empty: the controlling side has not logged in. */
  peer_id: string;
  peer_name: string;
  conn_type: number | null;
  primary_auth: number | null;
  two_factor: number | null;
  note: string;
  created_at: number;
  /** When a heartbeat last named the connection. */
  seen_at: number;
  ended_at: number | null;
  /** 1: ended by us because nothing was heard of it any more; a late `close` corrects the time. */
  presumed: Flag;
  /** The session that this is a report of; null while nobody has looked, or nobody has logged in. */
  session_guid: string | null;
}

export interface FileAuditTable {
  guid: string;
  device_id: string;
  peer_id: string;
  peer_name: string;
  conn_id: number | null;
  ip: string;
  /** 0 to the controlling side, 1 to the controlled one. */
  direction: number;
  path: string;
  is_file: Flag;
  /** How many files in all; `files` holds the ten largest. */
  file_count: number;
  /** JSON: [name, bytes] pairs. */
  files: string;
  created_at: number;
}

export interface AlarmAuditTable {
  guid: string;
  /** Empty for alarms about accounts. */
  device_id: string;
  kind: number;
  conn_id: number | null;
  audit_ref: string;
  /** JSON text, as the device wrote it. */
  info: string;
  created_at: number;
}

export interface ConsoleAuditTable {
  guid: string;
  operator: string;
  /** 0 group, 1 user, 2 device, 3 address book. */
  subject_kind: number;
  operation: number;
  /** Guids and names, as scripts expect them. */
  subject: string;
  /** The same for people, with the names of that time; empty in entries of older releases. */
  subject_name: string;
  ip: string;
  created_at: number;
}

export interface NonceTable {
  nonce: string;
  seen_at: number;
}

export interface AuditTables {
  audit_conns: ConnAuditTable;
  audit_files: FileAuditTable;
  audit_alarms: AlarmAuditTable;
  audit_console: ConsoleAuditTable;
  audit_nonces: NonceTable;
}

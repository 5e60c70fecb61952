import { parseJson } from '../http/json-body.js';
import type {
  AlarmAuditTable,
  ConnAuditTable,
  ConsoleAuditTable,
  FileAuditTable,
} from '../store/audit-tables.js';

/** A connection as scripts read it. */
export function connView({ created_at, ended_at, seen_at: _, ...row }: ConnAuditTable): object {
  const end_time = ended_at === null ? null : seconds(ended_at);
  return { ...row, created_at: seconds(created_at), end_time };
}

/** Transferred files as scripts read them. */
export function fileView({ files, created_at, ...row }: FileAuditTable): object {
  return { ...row, files: parseJson(files), created_at: seconds(created_at) };
}

/** An alarm as scripts read it. */
export function alarmView({ kind, created_at, ...row }: AlarmAuditTable): object {
  return { ...row, typ: kind, created_at: seconds(created_at) };
}

/** What an operator did, as scripts read it. */
export function consoleView(entry: ConsoleAuditTable): object {
  const { subject_kind, operation, created_at, ...row } = entry;
  return { ...row, typ: subject_kind, iop: operation, created_at: seconds(created_at) };
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}

import type { Flag } from './account-tables.js';

/** One try of a caller to reach a callee, as the rendezvous told its end. */
export interface AttemptTable {
  attempt: string;
  asked: string;
  outcome: string;
  started_at: number;
  took_ms: number;
  caller_ip: string;
  caller_transport: string;
  callee_id: string;
  callee_ip: string;
  /** Empty: the caller was not logged in. */
  user_guid: string;
  user_name: string;
  uuid: string;
  replica: string;
  /** JSON: [name, milliseconds after the beginning] pairs. */
  steps: string;
}

/** `unknown`: neither a relay nor an attempt has told. */
export type SessionPath = 'relayed' | 'direct' | 'unknown';

/** A session; what is not known is the empty text, or null for numbers. */
export interface SessionTable {
  /** The attempt where it is known; else the relay's name of the session, or that of the device's report. */
  guid: string;
  attempt: string;
  uuid: string;
  path: SessionPath;
  /** 1: a relay or a rendezvous saw it, or the device proved whose attempt it came from; 0: it only says so. */
  verified: Flag;
  caller_id: string;
  caller_name: string;
  caller_ip: string;
  caller_transport: string;
  callee_id: string;
  callee_ip: string;
  callee_transport: string;
  user_guid: string;
  user_name: string;
  /** The relay replica. */
  relay: string;
  started_at: number;
  ended_at: number | null;
  /** When its relay last told that it goes on; null: no relay did. */
  seen_at: number | null;
  /** 1: a server saw the end; else it is the device's word. */
  end_seen: Flag;
  end_reason: string;
  bytes: number | null;
  caller_bytes: number | null;
  callee_bytes: number | null;
  /** Of the attempt. */
  outcome: string;
  /** What the device was used for, as it reports it: 0 desktop, 1 files, 2 ports, 3 camera, 4 terminal. */
  conn_type: number | null;
  /** 1: what the attempt tells is in this row. */
  joined: Flag;
}

/** The picture of a user. */
export interface AvatarTable {
  user_guid: string;
  /** Random; whoever knows it sees the picture. */
  name: string;
  media_type: string;
  /** Base64. */
  data: string;
}

export interface RecordTables {
  avatars: AvatarTable;
  attempts: AttemptTable;
  sessions: SessionTable;
}

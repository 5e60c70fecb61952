import { createHash } from 'node:crypto';
import { type Fields, fieldsOf, text } from '../http/fields.js';
import type { SessionTable } from '../store/record-tables.js';
import { whole } from './attempt-row.js';

/** A row of which only these facts are known; a `guid` and the beginning it has to have. */
export function sessionRow(
  facts: Partial<SessionTable> & Pick<SessionTable, 'guid' | 'started_at'>,
): SessionTable {
  const caller = { caller_id: '', caller_name: '', caller_ip: '', caller_transport: '' };
  const callee = { callee_id: '', callee_ip: '', callee_transport: '' };
  return {
    ...{ attempt: '', uuid: '', path: 'unknown', verified: 0, user_guid: '', user_name: '' },
    ...caller,
    ...callee,
    ...{ relay: '', ended_at: null, seen_at: null, end_seen: 0, end_reason: '' },
    ...{
      bytes: null,
      caller_bytes: null,
      callee_bytes: null,
      outcome: '',
      conn_type: null,
      joined: 0,
    },
    ...facts,
  };
}

/** The row of what a relay told of a session that is over; undefined when it is nothing of the kind. */
export function endedRow(record: unknown): SessionTable | undefined {
  const fields = fieldsOf(record);
  const ended = whole(fields, 'ended');
  if (ended === null) return undefined;
  return relayedRow(fields, {
    ended_at: ended,
    end_seen: 1,
    end_reason: text(fields, 'reason'),
  });
}

/** The row of what a relay told of a session that goes on; undefined when it is nothing of the kind. */
export function runningRow(record: unknown): SessionTable | undefined {
  const fields = fieldsOf(record);
  const seen = whole(fields, 'seen');
  return seen === null ? undefined : relayedRow(fields, { seen_at: seen });
}

function relayedRow(fields: Fields, more: Partial<SessionTable>): SessionTable | undefined {
  const [session, attempt] = [text(fields, 'session'), text(fields, 'attempt')];
  const started = whole(fields, 'started');
  if (session === '' || started === null) return undefined;
  const legs = Array.isArray(fields['legs']) ? (fields['legs'] as unknown[]).map(fieldsOf) : [];
  return sessionRow({
    guid: attempt === '' ? session : attempt,
    attempt,
    uuid: text(fields, 'uuid'),
    path: 'relayed',
    verified: 1,
    relay: text(fields, 'replica'),
    started_at: started,
    bytes: whole(fields, 'bytes'),
    ...legFacts(legs),
    joined: attempt === '' ? 1 : 0,
    ...more,
  });
}

function legFacts(legs: readonly Fields[]): Partial<SessionTable> {
  const leg = (role: string): Fields => legs.find((one) => one['role'] === role) ?? {};
  const [caller, callee] = [leg('caller'), leg('callee')];
  return {
    caller_id: text(caller, 'id'),
    caller_ip: text(caller, 'ip'),
    caller_transport: text(caller, 'transport'),
    caller_bytes: whole(caller, 'sentBytes'),
    callee_id: text(callee, 'id'),
    callee_ip: text(callee, 'ip'),
    callee_transport: text(callee, 'transport'),
    callee_bytes: whole(callee, 'sentBytes'),
  };
}

/** The row of a session that its caller showed to live, or to have ended; undefined for other records. */
export function shownRow(record: unknown): SessionTable | undefined {
  const fields = fieldsOf(record);
  const at = whole(fields, 'at');
  const isOver = fields['kind'] === 'session-ended';
  if ((!isOver && fields['kind'] !== 'session-began') || at === null) return undefined;
  const attempt = text(fields, 'attempt');
  // Without an attempt nothing ties the beginning to the end: the end tells both.
  if (attempt === '' && !isOver) return undefined;
  return sessionRow({
    guid: attempt === '' ? fingerprint(record) : attempt,
    attempt,
    verified: 1,
    caller_ip: text(fields, 'callerIp'),
    user_guid: text(fields, 'user'),
    user_name: text(fields, 'userName'),
    started_at: at - (whole(fields, 'lastedMs') ?? 0),
    ended_at: isOver ? at : null,
    end_seen: isOver ? 1 : 0,
    end_reason: text(fields, 'reason'),
    joined: attempt === '' ? 1 : 0,
  });
}

/** The same for a record that Redis got twice. */
function fingerprint(record: unknown): string {
  return createHash('sha256').update(JSON.stringify(record)).digest('hex').slice(0, 32);
}

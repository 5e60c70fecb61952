import type { EndedLeg, EndedSession, ReplicaId, Ticket } from '@waystation/state';
import type { Leg } from './leg.js';
import type { Session, SessionRecord } from './session.js';

/** What the stream of sessions is told. */
export function endedSession(
  replica: ReplicaId,
  id: string,
  session: Session,
  record: SessionRecord,
): EndedSession {
  const { uuid, ticket, first, second } = session;
  const ended = Date.now();
  const callerIsFirst = isCallerFirst(session);
  return {
    session: id,
    attempt: ticket?.attempt ?? '',
    uuid,
    replica,
    started: ended - record.durationMs,
    ended,
    bytes: record.bytes,
    reason: record.reason,
    legs: [
      endedLeg(first, callerIsFirst, ticket, record.ways?.[0]),
      endedLeg(second, !callerIsFirst, ticket, record.ways?.[1]),
    ],
  };
}

/** Only a caller names an id, and a web client does not: then the ticket knows its address. */
function isCallerFirst({ first, second, ticket }: Session): boolean {
  if (first.origin.isCaller !== second.origin.isCaller) return first.origin.isCaller;
  return ticket === undefined || ticket.caller.includes(first.remote.ip);
}

function endedLeg(
  { origin }: Leg,
  isCaller: boolean,
  ticket: Ticket | undefined,
  sentBytes: number | undefined,
): EndedLeg {
  return {
    role: isCaller ? 'caller' : 'callee',
    id: (isCaller ? ticket?.callerId : ticket?.callee) ?? '',
    ip: origin.remote.ip,
    transport: origin.transport,
    sentBytes,
    via: origin.via,
  };
}

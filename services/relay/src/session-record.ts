import type {
  EndedSession,
  ReplicaId,
  RunningSession,
  SessionLeg,
  Ticket,
} from '@waystation/state';
import type { Leg } from './leg.js';
import type { Session, SessionRecord } from './session.js';

/** What the stream of sessions is told; `id` is the session's own name. */
export function endedSession(
  replica: ReplicaId,
  id: string,
  session: Session,
  record: SessionRecord,
): EndedSession {
  const ended = Date.now();
  return {
    ...factsOf(replica, id, session),
    started: ended - record.durationMs,
    ended,
    bytes: record.bytes,
    reason: record.reason,
    legs: legsOf(session, record.ways),
  };
}

/** What the stream of running sessions is told; `id` is the session's own name. */
export function runningSession(replica: ReplicaId, id: string, session: Session): RunningSession {
  const seen = Date.now();
  return {
    ...factsOf(replica, id, session),
    started: seen - session.durationMs,
    seen,
    bytes: session.bytes,
    legs: legsOf(session, session.ways),
  };
}

function factsOf(
  replica: ReplicaId,
  id: string,
  { uuid, ticket }: Session,
): Pick<EndedSession, 'session' | 'attempt' | 'uuid' | 'replica'> {
  return { session: id, attempt: ticket?.attempt ?? '', uuid, replica };
}

function legsOf(session: Session, ways: SessionRecord['ways']): [SessionLeg, SessionLeg] {
  const { first, second, ticket } = session;
  const callerIsFirst = isCallerFirst(session);
  return [
    sessionLeg(first, callerIsFirst, ticket, ways?.[0]),
    sessionLeg(second, !callerIsFirst, ticket, ways?.[1]),
  ];
}

/** Only a caller names an id, and a web client does not: then the ticket knows its address. */
function isCallerFirst({ first, second, ticket }: Session): boolean {
  if (first.origin.isCaller !== second.origin.isCaller) return first.origin.isCaller;
  return ticket === undefined || ticket.caller.includes(first.remote.ip);
}

function sessionLeg(
  { origin }: Leg,
  isCaller: boolean,
  ticket: Ticket | undefined,
  sentBytes: number | undefined,
): SessionLeg {
  return {
    role: isCaller ? 'caller' : 'callee',
    id: (isCaller ? ticket?.callerId : ticket?.callee) ?? '',
    ip: origin.remote.ip,
    transport: origin.transport,
    sentBytes,
    via: origin.via,
  };
}

/** One client's side of a relayed session. */
export interface SessionLeg {
  readonly role: 'caller' | 'callee';
  /** Id of the client as the ticket says; empty when it is not known. */
  readonly id: string;
  /** Address it reached the relay from. */
  readonly ip: string;
  readonly transport: 'tcp' | 'ws';
  /** Bytes that the relay took from it for its partner; undefined where only the sum is counted. */
  readonly sentBytes: number | undefined;
  /** The replica that it came to, if that is not the one of the session. */
  readonly via: string | undefined;
}

/** What a relay tells of a session. */
interface RelayedSession {
  /** Of its own, so that a reader knows an entry that Redis got twice. */
  readonly session: string;
  /** The attempt it came from; empty when tickets are off. */
  readonly attempt: string;
  readonly uuid: string;
  /** The relay replica that joined the legs. */
  readonly replica: string;
  /** Milliseconds since 1970. */
  readonly started: number;
  /** Both ways together. */
  readonly bytes: number;
  /** In the order in which they came. */
  readonly legs: readonly [SessionLeg, SessionLeg];
}

/** A session that is over: an entry of the stream `sessions`, told once by its relay. */
export interface EndedSession extends RelayedSession {
  /** Milliseconds since 1970. */
  readonly ended: number;
  /** One of the relay's closed list of end reasons. */
  readonly reason: string;
}

/** A session that goes on: an entry of the stream `running-sessions`, told now and then by its relay. */
export interface RunningSession extends RelayedSession {
  /** When this was so, in milliseconds since 1970. */
  readonly seen: number;
}

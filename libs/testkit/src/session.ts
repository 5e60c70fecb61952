import type { Leg } from './leg.js';

/** How the two clients reached each other. */
export type Path = 'direct' | 'udp' | 'lan' | 'relay';

/** A caller and a callee joined: one end of it. */
export interface Session {
  readonly leg: Leg;
  readonly path: Path;
  /** Both ends share a key that the server does not know. */
  readonly encrypted: boolean;
  /** The relay and the uuid; empty on other paths. */
  readonly relayServer: string;
  readonly uuid: string;
}

/** What the caller knows besides. */
export interface CallerSession extends Session {
  /** The callee's key came signed by the server whose key this caller has. */
  readonly verified: boolean;
}

import type { TcpConnection, WsConnection } from '@waystation/net';
import type { EndReason } from './end-reason.js';
import { endReasonOf, wsCodeOf } from './end-reason.js';
import { readJoin } from './join.js';
import type { Join, KeyCheck } from './join.js';
import { TcpLeg, WsLeg } from './leg.js';
import type { Leg, LegOrigin } from './leg.js';
import type { RelayLimits } from './limits.js';

/** What happens to those who came. */
export interface Guests {
  /** A leg with the right key. */
  joined(join: Join, leg: Leg): void;
  /** A connection that was closed, or left, before it joined. */
  turnedAway(reason: EndReason, ip: string): void;
}

/** Receives connections and hears their first message; nothing is ever answered (protocol 7.1). */
export class Reception {
  readonly #limits: RelayLimits;
  readonly #key: KeyCheck;
  readonly #guests: Guests;
  readonly #unheard = new Set<TcpConnection | WsConnection>();

  constructor(limits: RelayLimits, key: KeyCheck, guests: Guests) {
    this.#limits = limits;
    this.#key = key;
    this.#guests = guests;
  }

  /** Connections that have not said anything complete yet. */
  get unheard(): number {
    return this.#unheard.size;
  }

  readonly accept = (connection: TcpConnection | WsConnection): void => {
    const { joinMs, joinBytes } = this.#limits;
    connection.limitBytes = joinBytes;
    // One deadline for the whole join instead of one for silence and one for slowness.
    connection.idleMs = 0;
    connection.frameMs = 0;
    const timer = setTimeout(() => this.#refuse(connection, 'join-timeout'), joinMs).unref();
    this.#unheard.add(connection);
    connection.onClose((reason) => {
      clearTimeout(timer);
      this.#unheard.delete(connection);
      this.#guests.turnedAway(reasonBeforeJoin(reason), connection.remote.ip);
    });
    connection.onMessage((payload) => {
      if (payload.length === 0) return;
      const join = readJoin(payload, this.#key);
      if (typeof join === 'string') return this.#refuse(connection, join);
      clearTimeout(timer);
      this.#unheard.delete(connection);
      this.#guests.joined(join, this.#legOf(join, connection));
    });
  };

  /** Turns away those who have not joined yet and are meant. */
  turnAway(reason: EndReason, fits: (ip: string) => boolean): void {
    for (const connection of [...this.#unheard]) {
      if (fits(connection.remote.ip)) this.#refuse(connection, reason);
    }
  }

  #legOf({ id }: Join, connection: TcpConnection | WsConnection): Leg {
    const { remote, kind: transport } = connection;
    const origin: LegOrigin = { remote, transport, isCaller: id !== '' };
    if (connection.kind === 'tcp') return new TcpLeg(connection, origin);
    return new WsLeg(connection, origin, this.#limits.messageBytes);
  }

  #refuse(connection: TcpConnection | WsConnection, reason: EndReason): void {
    connection.close(reason, wsCodeOf(reason));
  }
}

/** What we said ourselves is in our words already; a frame above the limit cannot be a join. */
function reasonBeforeJoin(reason: string): EndReason {
  if (reason === 'frame-too-long') return 'not-a-join';
  const own: readonly EndReason[] = [
    'join-timeout',
    'not-a-join',
    'bad-key',
    'blocked',
    'shutdown',
  ];
  return own.find((known) => known === reason) ?? endReasonOf(reason);
}

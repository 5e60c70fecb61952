import { listenTcp, listenWs } from '@waystation/net';
import type { AddressSet, Listener, ListenOptions } from '@waystation/net';
import { rateCapped } from '@waystation/ops';
import type { Log } from '@waystation/ops';
import type { Ticket } from '@waystation/state';
import { Counters } from './counters.js';
import type { Levels } from './counters.js';
import type { EndReason } from './end-reason.js';
import type { KeyCheck } from './join.js';
import { Alone } from './network.js';
import type { Network } from './network.js';
import type { Leg } from './leg.js';
import type { RelayLimits } from './limits.js';
import { Pairing } from './pairing.js';
import type { RawPath } from './path.js';
import { RawPair } from './raw-pair.js';
import { Reception } from './reception.js';
import type { Session, SessionRecord } from './session.js';
import { Sessions } from './sessions.js';

const REFUSAL_LINES_PER_SECOND = 5;
/** What an operator should see; all else is clients that come and go. */
const FAULTS: readonly EndReason[] = [
  'bad-key',
  'not-a-join',
  'waiting-full',
  'no-ticket',
  'ticket-used',
];

/** Where and for whom a relay listens. */
export interface RelayPlace {
  readonly host?: string;
  /** TCP port; WebSockets come in on the second port above it. */
  readonly port: number;
  readonly reusePort: boolean;
  /** Connections that one address may hold, each port; 0 is no limit. */
  readonly maxPerAddress: number;
  readonly trustedProxies: AddressSet;
  readonly proxyProtocol: boolean;
}

/** One relay: the ports, those who wait behind them, and the sessions. */
export class Relay {
  readonly counters = new Counters();
  readonly sessions: Sessions;
  /** Legs on their way to the replica that their partner came to. */
  readonly carried: Sessions;
  readonly pairing: Pairing;
  readonly reception: Reception;
  readonly #log: Log;
  readonly #refusalLog: Log;
  #listeners: Listener[] = [];
  #network: Network = new Alone(this);

  /** @param rawPath how two TCP legs are joined */
  constructor(
    limits: RelayLimits,
    key: KeyCheck,
    log: Log,
    rawPath: RawPath = (first, second, ended) => new RawPair(first, second, ended),
  ) {
    this.#log = log;
    this.#refusalLog = rateCapped(log, REFUSAL_LINES_PER_SECOND);
    this.sessions = new Sessions(limits, rawPath, (session, record) =>
      this.#sessionOver(session, record),
    );
    this.carried = new Sessions(limits, rawPath, (_, record) => this.counters.carriedEnded(record));
    this.pairing = new Pairing(limits, (leg, reason, uuid) => {
      this.#network.gaveUp(uuid);
      this.turnedAway(reason, leg.remote.ip);
    });
    this.reception = new Reception(limits, key, {
      joined: ({ uuid }, leg) => this.#network.joined(uuid, leg),
      turnedAway: (reason, ip) => this.turnedAway(reason, ip),
    });
  }

  /** What goes on right now, for the gauges. */
  get levels(): Levels {
    const { sessions, pairing, reception, carried } = this;
    const network = (): Network => this.#network;
    return {
      running: sessions.running,
      carried: carried.running,
      get waiting() {
        return pairing.waiting + network().waiting;
      },
      get unheard() {
        return reception.unheard;
      },
    };
  }

  /** The ports that are open: TCP, then WebSocket. */
  get ports(): readonly number[] {
    return this.#listeners.map((listener) => listener.port);
  }

  /** Puts the relay among others; before that it pairs whoever comes. */
  enter(network: Network): void {
    this.#network = network;
  }

  /** Opens the ports. */
  async open(place: RelayPlace): Promise<void> {
    const options: ListenOptions = {
      ...place,
      refused: (reason, ip) => {
        this.counters.refused(reason);
        this.#refusalLog.warn('connection refused', { reason, ip });
      },
    };
    const { accept } = this.reception;
    this.#listeners.push(await listenTcp(options, accept));
    this.#listeners.push(await listenWs({ ...options, port: place.port + 2 }, accept));
  }

  /** Takes nobody new, lets running sessions end on their own for so long, then ends them. */
  async close(drainMs: number): Promise<void> {
    for (const listener of this.#listeners) await listener.close();
    this.reception.close('shutdown');
    this.#network.close('shutdown');
    this.pairing.close('shutdown');
    await Promise.all([this.sessions.drain(drainMs), this.carried.drain(drainMs)]);
  }

  /** A leg that may be paired: its partner waits here, or it waits itself. */
  admitted(uuid: string, leg: Leg, ticket?: Ticket): void {
    const first = this.pairing.take(uuid);
    if (first !== undefined) {
      return this.#network.met(this.sessions.begin(uuid, first, leg, ticket));
    }
    if (this.pairing.wait(uuid, leg)) return this.#network.waits(uuid, leg);
    leg.dismiss('waiting-full');
    this.turnedAway('waiting-full', leg.remote.ip);
  }

  /** A leg has ended without a session. */
  turnedAway(reason: EndReason, ip: string): void {
    this.counters.legEnded(reason);
    const isFault = FAULTS.includes(reason);
    if (isFault) this.#refusalLog.warn('leg refused', { reason, ip });
    else this.#log.debug('leg ended', { reason, ip });
  }

  #sessionOver(session: Session, record: SessionRecord): void {
    const { first, second, ticket } = session;
    this.counters.sessionEnded(record);
    this.#network.ended(session, record);
    this.#log.info('session ended', {
      ...record,
      attempt: ticket?.attempt,
      callee: ticket?.callee,
      first: `${first.origin.transport} ${first.remote.ip}`,
      second: `${second.origin.transport} ${second.remote.ip}`,
      via: second.origin.via,
    });
  }
}

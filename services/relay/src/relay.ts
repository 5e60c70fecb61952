import { closingConnections, listenTcp, listenWs } from '@waystation/net';
import type { AddressSet, Listener, ListenOptions } from '@waystation/net';

import type { Log } from '@waystation/ops';
import type { Ticket } from '@waystation/state';
import { AddressLists } from './address-lists.js';
import { Bandwidth, UNLIMITED } from './bandwidth.js';
import { Counters } from './counters.js';
import type { Levels } from './counters.js';
import { drained, isNothing } from './drained.js';
import type { Left } from './drained.js';
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
import type { Fits } from './session-choice.js';
import type { Session, SessionRecord } from './session.js';
import { RelayLog } from './relay-log.js';
import { Sessions } from './sessions.js';

/** After the time to drain: for what sessions that were cut off still have to hand out. */
const LAST_BYTES_MS = 2_000;

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
  /** Who is slowed down or refused. */
  readonly lists: AddressLists;
  /** What sessions may use. */
  readonly bandwidth: Bandwidth;
  readonly #log: RelayLog;
  #listeners: Listener[] = [];
  #network: Network = new Alone(this);

  /** @param rawPath how two TCP legs are joined */
  constructor(
    limits: RelayLimits,
    key: KeyCheck,
    log: Log,
    lists = new AddressLists(),
    bandwidth = new Bandwidth(UNLIMITED),
    rawPath: RawPath = (first, second, meter, ended) => new RawPair(first, second, meter, ended),
  ) {
    this.#log = new RelayLog(log);
    this.lists = lists;
    this.bandwidth = bandwidth;
    this.sessions = new Sessions(limits, rawPath, (session, record) =>
      this.#sessionOver(session, record),
    );
    const unlimited = { ...limits, sessionsPerAddress: 0 };
    this.carried = new Sessions(unlimited, rawPath, (_, record) =>
      this.counters.carriedEnded(record),
    );
    this.pairing = new Pairing(limits, (leg, reason, uuid) => {
      this.#network.gaveUp(uuid);
      this.turnedAway(reason, leg, uuid);
    });
    this.reception = new Reception(limits, key, {
      joined: ({ uuid }, leg) => this.#network.joined(uuid, leg),
      turnedAway: (reason, ip) => {
        this.counters.legEnded(reason);
        this.#log.legEnded(reason, ip);
      },
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
      isBlocked: (ip) => this.lists.isRefused(ip),
      refused: (reason, ip) => {
        this.counters.refused(reason);
        this.#log.connectionRefused(reason, ip);
      },
    };
    const { accept } = this.reception;
    this.#listeners.push(await listenTcp(options, accept));
    this.#listeners.push(await listenWs({ ...options, port: place.port + 2 }, accept));
  }

  /**
   * Leaves the ports to the other replicas. Who is in already gets what it came for: a hearing, a partner,
   * the rest of its session. After `drainMs` what is left is ended.
   */
  async close(drainMs: number): Promise<void> {
    for (const listener of this.#listeners) await listener.close();
    const tell = (now: Left): void => this.#log.draining(now);
    const left = await drained(drainMs, () => this.#left(), tell);
    if (!isNothing(left)) this.#log.cut(left);
    const everybody = (): boolean => true;
    this.reception.turnAway('shutdown', everybody);
    this.#network.dismiss('shutdown', everybody);
    this.pairing.dismissAll('shutdown', everybody);
    for (const sessions of [this.sessions, this.carried]) sessions.close('shutdown');
    await drained(LAST_BYTES_MS, () => ({ closing: closingConnections() }), tell);
  }

  /** A leg that may be paired: its partner waits here, or it waits itself. */
  admitted(uuid: string, leg: Leg, ticket?: Ticket): void {
    if (this.pairing.holds(uuid) && this.#network.keeps(uuid, leg, ticket)) return;
    const first = this.pairing.take(uuid);
    if (first !== undefined) return this.#meet(uuid, first, leg, ticket);
    if (this.pairing.wait(uuid, leg)) return this.#network.waits(uuid, leg);
    leg.dismiss('waiting-full');
    this.turnedAway('waiting-full', leg, uuid);
  }

  /** A leg has ended without a session. */
  turnedAway(reason: EndReason, leg: Leg, uuid: string): void {
    this.counters.legEnded(reason);
    this.#log.legEnded(reason, leg.remote.ip, uuid, this.#network.ticketOf(uuid));
  }

  /** The lists have changed: who is refused now has to go, wherever he is; who is slowed, slows (7.7). */
  enforceLists(): void {
    const isRefused = ({ remote }: Leg): boolean => this.lists.isRefused(remote.ip);
    this.reception.turnAway('blocked', (ip) => this.lists.isRefused(ip));
    this.#network.dismiss('blocked', isRefused);
    this.pairing.dismissAll('blocked', isRefused);
    for (const { first, second, meter } of this.sessions.running) {
      meter.setListed(this.#isSlowed(first, second));
    }
    this.sessions.endAll('blocked', ({ first, second }) => isRefused(first) || isRefused(second));
  }

  /**
   * Ends the sessions that are meant, and sees that none of those on their way begins; says how many ran.
   * What was announced after the order, less than `ageMs` ago, is not meant.
   */
  closeSessions(choice: Fits, ageMs = 0): number {
    const fits: Fits = (uuid, ticket) =>
      choice(uuid, ticket) && this.#network.announcedMsAgo(uuid) >= ageMs;
    this.#network.spend(fits);
    const isMeant = (_: Leg, uuid: string): boolean => fits(uuid, this.#network.ticketOf(uuid));
    this.#network.dismiss('closed-by-operator', isMeant);
    this.pairing.dismissAll('closed-by-operator', isMeant);
    return this.sessions.endAll('closed-by-operator', ({ uuid, ticket }) => fits(uuid, ticket));
  }

  #meet(uuid: string, first: Leg, second: Leg, ticket: Ticket | undefined): void {
    const meter = this.bandwidth.meter(this.#isSlowed(first, second));
    const session = this.sessions.begin(uuid, first, second, meter, ticket);
    if (session !== undefined) return this.#network.met(session);
    this.#network.gaveUp(uuid);
    for (const leg of [first, second]) {
      leg.dismiss('sessions-full');
      this.turnedAway('sessions-full', leg, uuid);
    }
  }

  #isSlowed(...legs: readonly Leg[]): boolean {
    return legs.some(({ remote }) => this.lists.isSlowed(remote.ip));
  }

  #sessionOver(session: Session, record: SessionRecord): void {
    this.counters.sessionEnded(record);
    this.#network.ended(session, record);
    this.#log.sessionEnded(session, record);
  }

  #left(): Left {
    const { unheard, waiting, running, carried } = this.levels;
    const closing = closingConnections();
    return { unheard, waiting, sessions: running.size, carried: carried.size, closing };
  }
}

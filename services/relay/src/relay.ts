import { listenTcp, listenWs } from '@waystation/net';
import type { AddressSet, Listener, ListenOptions } from '@waystation/net';
import { rateCapped } from '@waystation/ops';
import type { Log } from '@waystation/ops';
import { Counters } from './counters.js';
import type { Levels } from './counters.js';
import type { EndReason } from './end-reason.js';
import type { Join, KeyCheck } from './join.js';
import type { Leg } from './leg.js';
import type { RelayLimits } from './limits.js';
import { Pairing } from './pairing.js';
import type { RawPath } from './path.js';
import { RawPair } from './raw-pair.js';
import { Reception } from './reception.js';
import type { Session, SessionRecord } from './session.js';
import { Sessions } from './sessions.js';

const REFUSAL_LINES_PER_SECOND = 5;

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
  readonly pairing: Pairing;
  readonly reception: Reception;
  readonly #log: Log;
  readonly #refusalLog: Log;
  #listeners: Listener[] = [];

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
    this.pairing = new Pairing(limits, (leg, reason) => this.#turnedAway(reason, leg.remote.ip));
    this.reception = new Reception(limits, key, {
      joined: (join, leg) => this.#joined(join, leg),
      turnedAway: (reason, ip) => this.#turnedAway(reason, ip),
    });
  }

  /** What goes on right now, for the gauges. */
  get levels(): Levels {
    const { sessions, pairing, reception } = this;
    return {
      running: sessions.running,
      get waiting() {
        return pairing.waiting;
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
    this.pairing.close('shutdown');
    await this.sessions.drain(drainMs);
  }

  #joined({ uuid }: Join, leg: Leg): void {
    const first = this.pairing.take(uuid);
    if (first !== undefined) return this.sessions.begin(uuid, first, leg);
    if (this.pairing.wait(uuid, leg)) return;
    leg.dismiss('waiting-full');
    this.#turnedAway('waiting-full', leg.remote.ip);
  }

  #turnedAway(reason: EndReason, ip: string): void {
    this.counters.legEnded(reason);
    const isFault = reason === 'bad-key' || reason === 'not-a-join' || reason === 'waiting-full';
    if (isFault) this.#refusalLog.warn('leg refused', { reason, ip });
    else this.#log.debug('leg ended', { reason, ip });
  }

  #sessionOver({ first, second }: Session, record: SessionRecord): void {
    this.counters.sessionEnded(record);
    this.#log.info('session ended', {
      ...record,
      first: `${first.kind} ${first.remote.ip}`,
      second: `${second.kind} ${second.remote.ip}`,
    });
  }
}

import { placeOf } from '@waystation/net';
import type { ExplainedChoice, RelayVerdict } from './relay-candidates.js';

/** Connects and hangs up; true when somebody listens there. */
export type Probe = (host: string, port: number) => Promise<boolean>;

/** Where relay addresses come from. */
export interface Relays {
  start(checkMs: number): void;
  stop(): void;
  /** The relay for a session that a caller from `ip` asks for; empty: clients derive it themselves. */
  next(ip: string): string;
  /** What `next` would say now, and why not the others; nothing changes by it. */
  explain(ip: string): ExplainedChoice;
  /** True for a relay that this server may have named, however its port is written. */
  isOurs(relay: string): boolean;
  /** Relay addresses that took new sessions when last looked at; with 0 the last known ones are still named. */
  readonly healthyCount: number;
}

/**
 * Which relay callers and callees are sent to: a fixed list in turn, without the relays that do not
 * answer. When none answers the last list stays (protocol 6.16).
 */
export class RelayChoice implements Relays {
  private healthy: readonly string[];
  private answering: number;
  private turn = 0;
  private timer: NodeJS.Timeout | undefined;
  private checking = false;

  /**
   * @param relays `host` or `host:port`; empty means that clients derive the relay themselves
   * @param defaultPort port of an entry without one
   */
  constructor(
    private readonly relays: readonly string[],
    private readonly defaultPort: number,
    private readonly probe: Probe,
  ) {
    this.healthy = relays;
    this.answering = relays.length;
  }

  /** Begins the health check; a single relay is named whatever the check says. */
  start(everyMs: number): void {
    if (this.relays.length === 0) return;
    void this.check();
    this.timer = setInterval(() => void this.check(), everyMs).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** The next relay in turn; empty without a list. */
  next(): string {
    const relay = this.healthy[this.turn % Math.max(this.healthy.length, 1)];
    this.turn += 1;
    return relay ?? '';
  }

  explain(): ExplainedChoice {
    const address = this.healthy[this.turn % Math.max(this.healthy.length, 1)] ?? '';
    const why = (relay: string): RelayVerdict['why'] => {
      if (relay === address) return 'chosen';
      return this.healthy.includes(relay) ? 'busier' : 'silent';
    };
    const verdicts = this.relays.map((relay) => {
      return { address: relay, region: '', replicas: 1, share: 0, why: why(relay) };
    });
    return { address, wantedRegion: '', verdicts };
  }

  /** True for a relay of the list, healthy or not, however its port is written. */
  isOurs(relay: string): boolean {
    const wanted = spelledRelay(relay, this.defaultPort);
    return this.relays.some((ours) => spelledRelay(ours, this.defaultPort) === wanted);
  }

  get healthyCount(): number {
    return this.answering;
  }

  private async check(): Promise<void> {
    if (this.checking) return;
    this.checking = true;
    const answers = await Promise.all(this.relays.map((relay) => this.answers(relay)));
    const healthy = this.relays.filter((_, i) => answers[i] === true);
    this.answering = healthy.length;
    if (healthy.length > 0) this.healthy = healthy;
    this.checking = false;
  }

  private async answers(relay: string): Promise<boolean> {
    const { host, port } = placeOf(relay, this.defaultPort);
    return this.probe(host, port);
  }
}

/** One spelling for every way to write a relay's address. */
export function spelledRelay(relay: string, defaultPort: number): string {
  const { host, port } = placeOf(relay, defaultPort);
  return `${host.toLowerCase()} ${port}`;
}

/** `host:port`, with brackets where the host is an IPv6 address. */
export function relayAddress(host: string, port: number): string {
  const place = placeOf(host, port);
  return place.host.includes(':') ? `[${place.host}]:${place.port}` : `${place.host}:${place.port}`;
}

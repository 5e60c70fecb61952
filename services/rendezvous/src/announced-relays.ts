import type { Log } from '@waystation/ops';
import type { LiveReplicas, ReplicaInfo } from '@waystation/state';
import type { Clock } from './clock.js';
import { candidatesOf, chooseRelay } from './relay-candidates.js';
import type { ExplainedChoice, RelayCandidate } from './relay-candidates.js';
import { spelledRelay, type Relays } from './relay-choice.js';
import type { Regions } from './regions.js';

/** Relays tell of themselves, and the view of them is renewed, once a second. */
const LOOK_MS = 1_000;
/** Looks without a sign of life after which a relay is left out, though its lease has not ended. */
const SILENT_LOOKS = 3;
/** A caller may name a relay that it was given before; after this long it has surely asked again. */
const REMEMBERED_MS = 600_000;
const MOST_REMEMBERED = 1_000;

interface Pulse {
  readonly beat: number | undefined;
  readonly silentLooks: number;
}

/** What the choice is made of. */
export interface AnnouncedParts {
  readonly live: Pick<LiveReplicas, 'of' | 'looks'>;
  readonly regions: Regions;
  /** The relay to name while none has announced itself; empty: clients derive one. */
  readonly fallback: string;
  readonly defaultPort: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** The relays that have announced themselves: the healthy, least loaded one of the caller's region. */
export class AnnouncedRelays implements Relays {
  private readonly pulses = new Map<string, Pulse>();
  private readonly handedOut = new Map<string, number>();
  private readonly turns = new Map<string, number>();
  private turn = 0;
  private readonly remembered = new Map<string, number>();
  private candidates: readonly RelayCandidate[] = [];
  private looks = -1;
  private fitAddresses = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly parts: AnnouncedParts) {}

  start(): void {
    this.look();
    this.timer = setInterval(() => this.look(), LOOK_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  next(ip: string): string {
    const choice = this.explain(ip);
    const { address } = choice;
    if (address === '') return this.parts.fallback;
    this.handedOut.set(address, (this.handedOut.get(address) ?? 0) + 1);
    this.turns.set(address, (this.turn += 1));
    const { wantedRegion, verdicts } = choice;
    this.parts.log.debug('relay chosen', { relay: address, wantedRegion, verdicts });
    return address;
  }

  /** Which relay a caller from this address would be given now, and why not the others. */
  explain(ip: string): ExplainedChoice {
    const wanted = this.parts.regions.of(ip);
    return chooseRelay(this.candidates, wanted, {
      handedOut: (address) => this.handedOut.get(address) ?? 0,
      lastTurn: (address) => this.turns.get(address) ?? 0,
    });
  }

  isOurs(relay: string): boolean {
    const { fallback, defaultPort } = this.parts;
    const wanted = spelledRelay(relay, defaultPort);
    if (fallback !== '' && spelledRelay(fallback, defaultPort) === wanted) return true;
    return this.remembered.has(wanted);
  }

  get healthyCount(): number {
    return this.fitAddresses;
  }

  /** Renews the candidates, unless Redis could not be asked since: then the last ones stay. */
  look(): void {
    const { live, clock } = this.parts;
    if (live.looks === this.looks) return;
    this.looks = live.looks;
    const relays = live.of('relay');
    this.feelPulses(relays);
    const candidates = candidatesOf(
      relays,
      ({ id }) => (this.pulses.get(id)?.silentLooks ?? 0) >= SILENT_LOOKS,
    );
    for (const { address } of candidates) this.remember(address, clock());
    // With all of them gone the last ones stay (protocol 6.16): they may be back before the client.
    this.fitAddresses = candidates.filter(({ unfit }) => unfit === undefined).length;
    if (this.fitAddresses > 0) this.candidates = candidates;
    this.forgetHandouts();
  }

  /** What was handed out shows in the relay's own load by and by, or came to nothing. */
  private forgetHandouts(): void {
    for (const [address, count] of this.handedOut) {
      if (count < 2) this.handedOut.delete(address);
      else this.handedOut.set(address, Math.floor(count / 2));
    }
    const known = new Set(this.candidates.map(({ address }) => address));
    for (const address of this.turns.keys()) if (!known.has(address)) this.turns.delete(address);
  }

  private feelPulses(relays: readonly ReplicaInfo[]): void {
    const known = new Map(this.pulses);
    this.pulses.clear();
    for (const { id, beat } of relays) {
      const before = known.get(id);
      const isSilent = before !== undefined && before.beat === beat;
      this.pulses.set(id, { beat, silentLooks: isSilent ? before.silentLooks + 1 : 0 });
    }
  }

  private remember(address: string, nowMs: number): void {
    const name = spelledRelay(address, this.parts.defaultPort);
    this.remembered.delete(name);
    this.remembered.set(name, nowMs);
    for (const [oldest, seenMs] of this.remembered) {
      if (nowMs - seenMs < REMEMBERED_MS && this.remembered.size <= MOST_REMEMBERED) return;
      this.remembered.delete(oldest);
    }
  }
}

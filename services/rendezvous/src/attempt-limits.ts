import { rendezvousSettings } from '@waystation/config';
import type { Clock } from './clock.js';
import { forgetOldest } from './forget-oldest.js';

/** How often one key may do something. */
export interface Rate {
  readonly perMinute: number;
  /** How many at once after a pause. */
  readonly burst: number;
}

/** Keys that one limiter remembers; the one unused for longest is forgotten first. */
const KEYS_LIMIT = 100_000;

interface Bucket {
  tokens: number;
  refilledMs: number;
}

/** A token bucket per key (an address or an id), in memory, of bounded size. */
export class RateLimiter {
  /** How often a key had no token left; with the limit off: would have had none at the rate to try. */
  over = 0;
  /** A rate of 0 per minute: everything passes. */
  readonly off: boolean;
  private readonly rate: Rate;
  private readonly buckets = new Map<string, Bucket>();

  /** While `rate` is 0, `toTry` tells what would be refused if it were the rate. */
  constructor(
    rate: Rate,
    private readonly clock: Clock,
    private readonly keysLimit = KEYS_LIMIT,
    toTry: Rate = rate,
  ) {
    this.off = rate.perMinute === 0;
    this.rate = this.off ? toTry : rate;
  }

  /** Takes one token; false when the key has none left and the limit is on. */
  take(key: string): boolean {
    if (this.rate.perMinute === 0) return true;
    const bucket = this.refilled(key, this.clock());
    if (bucket.tokens < 1) {
      this.over += 1;
      return this.off;
    }
    bucket.tokens -= 1;
    return true;
  }

  /** Number of keys remembered now. */
  get size(): number {
    return this.buckets.size;
  }

  private refilled(key: string, nowMs: number): Bucket {
    const { perMinute, burst } = this.rate;
    const bucket = this.buckets.get(key) ?? { tokens: burst, refilledMs: nowMs };
    const refill = ((nowMs - bucket.refilledMs) * perMinute) / 60_000;
    bucket.tokens = Math.min(burst, bucket.tokens + refill);
    bucket.refilledMs = nowMs;
    // Taking it out and putting it back keeps the map in order of use.
    this.buckets.delete(key);
    this.buckets.set(key, bucket);
    forgetOldest(this.buckets, this.keysLimit);
    return bucket;
  }
}

/** Protocol 9.2 rule 9: failures are counted over, and a block lasts, ten minutes. */
const FAILURE_WINDOW_MS = 600_000;

/** Wrong keys per address: after `limit` of them within ten minutes the address is blocked for ten minutes. */
export class FailureBlock {
  private readonly failures = new Map<string, { count: number; sinceMs: number }>();

  constructor(
    private readonly limit: number,
    private readonly clock: Clock,
    private readonly keysLimit = KEYS_LIMIT,
  ) {}

  /** Counts one failure; true when the address is (now, or still) blocked. A limit of 0 never blocks. */
  fail(key: string): boolean {
    if (this.limit === 0) return false;
    const nowMs = this.clock();
    const known = this.failures.get(key);
    if (known === undefined || nowMs - known.sinceMs >= FAILURE_WINDOW_MS) {
      this.remember(key, nowMs);
      return false;
    }
    known.count += 1;
    // The block begins with the failure that reaches the limit.
    if (known.count === this.limit) known.sinceMs = nowMs;
    return known.count > this.limit;
  }

  private remember(key: string, nowMs: number): void {
    this.failures.delete(key);
    this.failures.set(key, { count: 1, sinceMs: nowMs });
    forgetOldest(this.failures, this.keysLimit);
  }
}

/** Every limit that messages from clients run into, one object per replica. */
export interface AttemptLimits {
  readonly punchPerSource: RateLimiter;
  readonly punchPerTarget: RateLimiter;
  readonly onlinePerSource: RateLimiter;
  readonly httpPerSource: RateLimiter;
  /** Datagrams of UDP punching. */
  readonly udpPerSource: RateLimiter;
  readonly wrongKeys: FailureBlock;
}

/** Protocol 6.11: 20 answers a second are more than a whole office of clients asks for. */
const UDP_PER_SOURCE: Rate = { perMinute: 1200, burst: 20 };

/** The numbers an operator has set; 0 means no limit. */
export interface LimitSettings {
  readonly punchPerSource: number;
  readonly punchBurstPerSource: number;
  readonly punchPerTarget: number;
  readonly onlinePerSource: number;
  readonly httpProxyPerSource: number;
  readonly wrongKeyLimit: number;
}

/**
 * The limits of one replica. A burst is a minute's worth where nothing else is set. One that is off counts what its
 * default would refuse.
 */
export function limitsFrom(settings: LimitSettings, clock: Clock): AttemptLimits {
  const { options } = rendezvousSettings;
  const limiter = (perMinute: number, toTry: number): RateLimiter =>
    new RateLimiter(minuteOf(perMinute), clock, KEYS_LIMIT, minuteOf(toTry));
  const { punchPerSource, punchBurstPerSource: burst } = settings;
  const wish = { perMinute: options.punchPerSource.default, burst };
  return {
    punchPerSource: new RateLimiter({ perMinute: punchPerSource, burst }, clock, KEYS_LIMIT, wish),
    punchPerTarget: limiter(settings.punchPerTarget, options.punchPerTarget.default),
    onlinePerSource: limiter(settings.onlinePerSource, options.onlinePerSource.default),
    httpPerSource: limiter(settings.httpProxyPerSource, options.httpProxyPerSource.default),
    udpPerSource: new RateLimiter(UDP_PER_SOURCE, clock),
    wrongKeys: new FailureBlock(settings.wrongKeyLimit, clock),
  };
}

function minuteOf(perMinute: number): Rate {
  return { perMinute, burst: perMinute };
}

/** The settings of the limits that an operator may turn off, for the metric of what they refuse or would. */
export function overLimits(
  limits: AttemptLimits,
): { readonly labels: Record<'limit' | 'passed', string>; readonly value: number }[] {
  const { options } = rendezvousSettings;
  return [
    [options.punchPerSource.name, limits.punchPerSource] as const,
    [options.punchPerTarget.name, limits.punchPerTarget] as const,
    [options.onlinePerSource.name, limits.onlinePerSource] as const,
    [options.httpProxyPerSource.name, limits.httpPerSource] as const,
  ].map(([limit, { off, over }]) => ({
    labels: { limit, passed: off ? 'yes' : 'no' },
    value: over,
  }));
}

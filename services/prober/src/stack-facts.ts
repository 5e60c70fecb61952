import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  hashToken,
  PresenceCensus,
  PROBE_TOKEN_PREFIX,
  Probes,
  ServerKey,
  type ProbeDevice,
  type Redis,
  type SeenPeer,
  type ServerKeyFacts,
} from '@waystation/state';
import type { LookParts } from './look.js';

const TOKEN_BYTES = 16;
/** How often and after what time Redis is asked again about a device that has just registered. */
const PRESENCE_LOOKS = 20;
const PRESENCE_LOOK_MS = 100;
/** Enough to see whether all devices appear at one address. */
const SAMPLE_DEVICES = 500;

/** What the prober knows of its stack from Redis. While Redis is away the last facts stay. */
export class StackFacts {
  private readonly probes: Probes;
  private readonly serverKey: ServerKey;
  private readonly census: PresenceCensus;
  private readonly token = PROBE_TOKEN_PREFIX + randomBytes(TOKEN_BYTES).toString('hex');
  private device: ProbeDevice | undefined;
  private facts: ServerKeyFacts | undefined;

  constructor(redis: Redis) {
    this.probes = new Probes(redis);
    this.serverKey = new ServerKey(redis);
    this.census = new PresenceCensus(redis);
  }

  /** What a look needs. Rejects when Redis has never told it, as at a start without the registry. */
  async forLook(): Promise<LookParts> {
    try {
      this.device = await this.probes.device();
      this.facts = (await this.serverKey.read()) ?? this.facts;
      await this.probes.grant(hashToken(this.token), this.device.id);
    } catch (error) {
      if (this.device === undefined || this.facts === undefined) throw error;
    }
    const { device, facts, token } = this;
    if (facts === undefined) throw new Error('the registry has not published the server key yet');
    return { device, facts, token, isRegistered: () => this.isRegistered(device.id) };
  }

  /** The id of the device belongs to somebody else. */
  async takeAnotherDevice(): Promise<void> {
    this.device = await this.probes.renew();
  }

  /** Registered devices, without the prober's own. */
  async devices(): Promise<SeenPeer[]> {
    const seen = await this.census.sample(SAMPLE_DEVICES);
    return seen.filter(({ id }) => id !== this.device?.id);
  }

  /** A rendezvous that knows the device answers at once and tells Redis behind the answer. */
  private async isRegistered(id: string): Promise<boolean | undefined> {
    try {
      for (let left = PRESENCE_LOOKS; left > 0; left--) {
        if ((await this.census.ipOf(id)) !== undefined) return true;
        await sleep(PRESENCE_LOOK_MS);
      }
      return false;
    } catch {
      // Redis is away: then nothing is known.
      return undefined;
    }
  }
}

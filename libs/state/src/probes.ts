import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { jsonObject } from './json-object.js';
import { keys } from './keys.js';
import { PROBE_GRANT_MS } from './lifetimes.js';

/** The device that the prober registers. It never proves itself to a caller, so there is no secret. */
export interface ProbeDevice {
  readonly id: string;
  readonly uuid: Buffer;
  /** 32 bytes. */
  readonly pk: Buffer;
}

/** Tells a person who meets the id what it is; it gives nobody anything. */
const ID_PREFIX = 'probe-';
const ID_BYTES = 6;
/** What the prober's token begins with, so that no other token costs a question. */
export const PROBE_TOKEN_PREFIX = 'probe:';

/**
 * Who the prober is and what it may do. The device is drawn at random and kept in Redis, so no
 * stranger can know or take its id beforehand, and a token of the prober opens that one device alone.
 */
export class Probes {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** The device of this stack, made when there is none yet. */
  async device(): Promise<ProbeDevice> {
    const known = parseDevice(await this.#redis.get(keys.probeDevice));
    if (known !== undefined) return known;
    await this.#redis.set(keys.probeDevice, textOf(newDevice()), 'NX');
    return parseDevice(await this.#redis.get(keys.probeDevice)) ?? this.renew();
  }

  /** Another device in the place of one that the server does not take. */
  async renew(): Promise<ProbeDevice> {
    const fresh = newDevice();
    await this.#redis.set(keys.probeDevice, textOf(fresh));
    return fresh;
  }

  /** For the prober: whoever shows the token with this hash (see hashToken) may reach `id`. */
  async grant(hash: string, id: string): Promise<void> {
    await this.#redis.set(keys.probeGrant(hash), id, 'PX', PROBE_GRANT_MS);
  }

  /** Whether the token with this hash opens the way to `id`. Rejects when Redis cannot be asked. */
  async permits(hash: string, id: string): Promise<boolean> {
    return (await this.#redis.get(keys.probeGrant(hash))) === id;
  }
}

function newDevice(): ProbeDevice {
  const id = ID_PREFIX + randomBytes(ID_BYTES).toString('hex');
  return { id, uuid: randomBytes(16), pk: randomBytes(32) };
}

function textOf({ id, uuid, pk }: ProbeDevice): string {
  return JSON.stringify({ id, uuid: uuid.toString('base64'), pk: pk.toString('base64') });
}

function parseDevice(text: string | null): ProbeDevice | undefined {
  const { id, uuid, pk } = jsonObject(text) ?? {};
  if (typeof id !== 'string' || typeof uuid !== 'string' || typeof pk !== 'string')
    return undefined;
  return { id, uuid: Buffer.from(uuid, 'base64'), pk: Buffer.from(pk, 'base64') };
}

import type { Redis } from 'ioredis';
import { jsonObject } from './json-object.js';
import { keys } from './keys.js';
import { Script } from './lua.js';
import { answers } from './redis.js';

/** Beyond it whoever was heard of longest ago is forgotten: strangers can ask for as many ids as they like. */
const MOST_PENDING = 10_000;
/** A device that has not asked for so long does not want to come in any more. */
const PATIENCE_MS = 7 * 24 * 60 * 60_000;

/** A device that has asked to register and waits to be let in. */
export interface PendingDevice {
  readonly id: string;
  readonly uuid: Buffer;
  readonly pk: Buffer;
  readonly ip: string;
  /** When it last asked, milliseconds since 1970. */
  readonly askedAt: number;
}

const note = new Script('note-pending-2');

/** Devices that wait to be let in, the newest first. Everything rejects when Redis cannot be asked. */
export class PendingDevices {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** For the registry. False when another machine waits for the same id. */
  async note({ id, uuid, pk, ip }: Omit<PendingDevice, 'askedAt'>, now: number): Promise<boolean> {
    const [uuidText, pkText] = [uuid.toString('base64'), pk.toString('base64')];
    const entry = JSON.stringify({ uuid: uuidText, pk: pkText, ip, askedAt: now });
    const values = [id, uuidText, entry, now, MOST_PENDING, now - PATIENCE_MS];
    const names = [keys.pendingDevices, keys.pendingTimes];
    return (await note.run(this.#redis, names, values)) === 'noted';
  }

  async page(
    offset: number,
    limit: number,
  ): Promise<{ total: number; data: readonly PendingDevice[] }> {
    const total = await this.#redis.zcard(keys.pendingTimes);
    const ids = await this.#redis.zrevrange(keys.pendingTimes, offset, offset + limit - 1);
    const found = await Promise.all(ids.map((id) => this.find(id)));
    return { total, data: found.filter((one) => one !== undefined) };
  }

  async find(id: string): Promise<PendingDevice | undefined> {
    const text = await this.#redis.hget(keys.pendingDevices, id);
    return text === null ? undefined : parse(id, text);
  }

  /** For the registry, once the device is in, and for operators who do not want it. False: it does not wait. */
  async remove(id: string): Promise<boolean> {
    const pipeline = this.#redis.pipeline();
    pipeline.hdel(keys.pendingDevices, id);
    pipeline.zrem(keys.pendingTimes, id);
    const [removed] = await answers(pipeline);
    return removed === 1;
  }
}

function parse(id: string, text: string): PendingDevice | undefined {
  const { uuid, pk, ip, askedAt } = jsonObject(text) ?? {};
  if (typeof uuid !== 'string' || typeof pk !== 'string' || typeof ip !== 'string')
    return undefined;
  return {
    id,
    uuid: Buffer.from(uuid, 'base64'),
    pk: Buffer.from(pk, 'base64'),
    ip,
    askedAt: typeof askedAt === 'number' ? askedAt : 0,
  };
}

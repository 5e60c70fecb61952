import { openRedis, type Redis } from '@waystation/state';
import type { Log } from '@waystation/ops';
import type { GrantStore } from './relay-grants.js';

/** This replica's connections to Redis: one for commands, one that only listens. */
export interface RedisConnections {
  readonly commands: Redis;
  readonly subscriber: Redis;
}

export function openConnections(url: string, replica: string, log: Log): RedisConnections {
  return {
    commands: openRedis(url, replica, log),
    subscriber: openRedis(url, `${replica}-signals`, log),
  };
}

/** Grants of RequestRelay as plain values that end by themselves. */
export function grantStore(redis: Redis): GrantStore {
  return {
    set: (key, value, ttlMs) => redis.set(key, value, 'PX', ttlMs),
    add: (key, value, ttlMs) => redis.set(key, value, 'PX', ttlMs, 'NX'),
    get: (key) => redis.get(key),
  };
}

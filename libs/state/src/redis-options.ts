import { parseRedisAddress } from '@waystation/config';
import type { RedisOptions } from 'ioredis';

const RETRY_MAX_MS = 1_000;
/** A Sentinel or a primary whose machine is gone says nothing: the next one is tried after this. */
const SENTINEL_CONNECT_MS = 2_000;

/** Milliseconds until the next try: 50 at first, then twice as many each time, up to a second. */
export function retryDelayMs(times: number): number {
  return Math.min(50 * 2 ** Math.min(times, 5), RETRY_MAX_MS);
}

/**
 * Where REDIS_URL leads, for ioredis. Through Sentinels a connection always ends at the primary of the
 * moment: it asks them at every connect, and leaves a primary as soon as they have made another one.
 * Throws BadValue for a text that is no such address.
 */
export function redisPlace(url: string): Omit<RedisOptions, 'retryStrategy'> {
  const { endpoints, tls, username, password, database, sentinel } = parseRedisAddress(url);
  const login = {
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
    ...(database === 0 ? {} : { db: database }),
    ...(tls ? { tls: {} } : {}),
    // A primary that has become a replica refuses to write: look for the new one.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  };
  const [first] = endpoints;
  if (sentinel === undefined) return { ...login, ...first };
  return {
    ...login,
    sentinels: endpoints.map(({ host, port }) => ({ host, port })),
    name: sentinel.primary,
    ...(sentinel.username === '' ? {} : { sentinelUsername: sentinel.username }),
    ...(sentinel.password === '' ? {} : { sentinelPassword: sentinel.password }),
    ...(tls ? { enableTLSForSentinelMode: true, sentinelTLS: {} } : {}),
    failoverDetector: true,
    sentinelRetryStrategy: retryDelayMs,
    sentinelReconnectStrategy: retryDelayMs,
    sentinelCommandTimeout: SENTINEL_CONNECT_MS,
    connectTimeout: SENTINEL_CONNECT_MS,
  };
}

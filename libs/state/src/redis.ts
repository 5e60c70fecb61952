import { setTimeout as sleep } from 'node:timers/promises';
import { Redis, type ChainableCommander } from 'ioredis';
import { silent, type Log } from './log.js';
import { redisPlace, retryDelayMs } from './redis-options.js';
import { leaveWhenSilent, stayConnected } from './stay-connected.js';

/** A command that has no answer after this long fails; the connection stays open. */
const COMMAND_TIMEOUT_MS = 5_000;

/** Redis did not answer in time at start-up. */
export class RedisUnreachable extends Error {
  override readonly name = 'RedisUnreachable';
}

/**
 * Opens one connection that is kept for ever: it reconnects after 50 ms to 1 s, and when Redis is silent
 * for 10 to 15 s. While it is down, and after 5 s without an answer, commands fail at once instead of
 * piling up; nothing is sent twice.
 * Loss and return are logged once each. `name` shows in CLIENT LIST.
 */
export function openRedis(url: string, name: string, log: Log = silent): Redis {
  const redis = new Redis({
    ...redisPlace(url),
    connectionName: name,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: COMMAND_TIMEOUT_MS,
    keepAlive: 10_000,
    retryStrategy: retryDelayMs,
  });
  stayConnected(redis);
  leaveWhenSilent(redis);
  logOutages(redis, name, log);
  sendTogether(redis);
  return redis;
}

/** Commands that are given in one turn of the event loop leave in one system call, at its end. */
function sendTogether(redis: Redis): void {
  const send = redis.sendCommand.bind(redis);
  let held: Redis['stream'] | undefined;
  redis.sendCommand = (command, target) => {
    const { stream } = redis;
    if (stream !== undefined && stream !== held) {
      held = stream;
      stream.cork();
      process.nextTick(() => {
        stream.uncork();
        if (held === stream) held = undefined;
      });
    }
    return send(command, target);
  };
}

function logOutages(redis: Redis, name: string, log: Log): void {
  let down = false;
  let reason = '';
  redis.on('error', (error: Error) => {
    reason = error.message;
  });
  redis.on('reconnecting', () => {
    if (!down) log.warn('Redis is unreachable, trying again', { connection: name, reason });
    down = true;
  });
  redis.on('ready', () => {
    if (down) log.info('Redis is back', { connection: name });
    down = false;
  });
}

/** Resolves when Redis answers; throws RedisUnreachable with one sentence after `timeoutMs`. */
export async function redisReady(redis: Redis, timeoutMs = 10_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  let reason = 'no answer';
  while (performance.now() < deadline) {
    try {
      await redis.ping();
      return;
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
      await sleep(50);
    }
  }
  const { host = '127.0.0.1', port = 6379, name } = redis.options;
  const place = typeof name === 'string' ? `primary ${name} of the Sentinels` : `${host}:${port}`;
  throw new RedisUnreachable(
    `Redis at ${place} does not answer (${reason}); check REDIS_URL and that Redis runs.`,
  );
}

/** Ends a connection without waiting for a server that may be gone. */
export async function closeRedis(redis: Redis): Promise<void> {
  if (redis.status === 'ready') await Promise.race([redis.quit().catch(() => 'gone'), sleep(500)]);
  redis.disconnect();
}

/** The answers of many commands sent together; rejects with the first failure among them. */
export async function answers(pipeline: ChainableCommander): Promise<unknown[]> {
  const results = (await pipeline.exec()) ?? [];
  return results.map(([error, value]) => {
    if (error) throw error;
    return value;
  });
}

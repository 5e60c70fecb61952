import { Logger } from '@nestjs/common';
import { ClientRedis, ServerRedis, type RedisOptions } from '@nestjs/microservices';
import { leaveWhenSilent, redisPlace, stayConnected, type Redis } from '@waystation/state';

/** How often a lost connection is tried again. */
const RETRY_DELAY_MS = 500;

/** Options of Nest's Redis transport. */
export type NestRedisOptions = NonNullable<RedisOptions['options']>;

/**
 * Nest's transport for an address as in REDIS_URL. Without `retryAttempts` it gives up at the
 * first lost connection and never subscribes again. A command that cannot be sent now fails now,
 * so that nothing piles up while Redis is away.
 */
export function nestRedisOptions(url: string): NestRedisOptions {
  return {
    ...redisPlace(url),
    retryAttempts: Number.MAX_SAFE_INTEGER,
    retryDelay: RETRY_DELAY_MS,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
  };
}

/**
 * Nest's client tells of every answer to another replica, and twice of every outage, which the log
 * has from the service's own connection.
 */
class QuietLogger extends Logger {
  override log(): void {}
  override debug(): void {}
  override error(): void {}
}

/**
 * Nest's client with two gaps closed: a publish that fails does not end the process as an unhandled
 * rejection, and the answer channel stays subscribed between two calls.
 */
export class NestRedisClient extends ClientRedis {
  protected override readonly logger = new QuietLogger();

  override async createClient(): Promise<Redis> {
    return handled(await super.createClient());
  }

  protected override unsubscribeFromChannel(channel: string): void {
    const count = this.subscriptionsCount.get(channel) ?? 1;
    this.subscriptionsCount.set(channel, Math.max(count - 1, 1));
  }

  /** Ends both connections without waiting for a Redis that may be gone. */
  override async close(): Promise<void> {
    this.isManuallyClosed = true;
    for (const redis of [this.pubClient, this.subClient]) disconnect(redis);
    this.handleClose();
    await Promise.resolve();
  }
}

/**
 * Nest's server with the same gap closed; answers to calls that nobody can hear are dropped. The client makes
 * new connections for those that ended, the server does not.
 */
export class NestRedisServer extends ServerRedis {
  override async createRedisClient(): Promise<Redis> {
    const redis = handled(await super.createRedisClient());
    stayConnected(redis);
    return redis;
  }

  /** Ends both connections without waiting for a Redis that may be gone. */
  override async close(): Promise<void> {
    this.isManuallyClosed = true;
    for (const redis of [this.pubClient, this.subClient]) disconnect(redis);
    await Promise.resolve();
  }
}

function disconnect(redis: unknown): void {
  if (isRedis(redis)) redis.disconnect();
}

/**
 * Nest does not look at the promise of most commands it sends; whoever does still sees it fail. Nor does it
 * see that Redis has fallen silent.
 */
function handled(redis: unknown): Redis {
  if (!isRedis(redis)) throw new Error('the transport did not make a Redis connection');
  leaveWhenSilent(redis);
  const send = redis.sendCommand.bind(redis);
  redis.sendCommand = (command, stream) => {
    const sent = send(command, stream);
    command.promise.catch(() => 'the caller times out');
    return sent;
  };
  return redis;
}

/** Nest types its connections as `any`. */
function isRedis(value: unknown): value is Redis {
  if (typeof value !== 'object' || value === null) return false;
  return 'sendCommand' in value && 'disconnect' in value;
}

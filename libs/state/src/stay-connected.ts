import type { Redis } from 'ioredis';
import { retryDelayMs } from './redis-options.js';

/** How often Redis is asked whether it is there. */
const LOOK_MS = 5_000;
/** Longer than a command may take: a Redis without an answer for so long is looked for anew. */
const SILENCE_MS = 10_000;

/**
 * Lets a connection that ended be made anew until it is disconnected on purpose. ioredis 5.11 gives up for
 * good when the Sentinels tell of a new primary while it asks them for one: its watch over the former
 * primary then ends the new try instead of the old connection.
 */
export function stayConnected(redis: Redis): void {
  let isWanted = true;
  let retry: NodeJS.Timeout | undefined;
  const disconnect = redis.disconnect.bind(redis);
  redis.disconnect = (reconnect = false) => {
    isWanted &&= reconnect;
    if (!isWanted) clearTimeout(retry);
    disconnect(reconnect);
  };
  redis.on('end', () => {
    if (!isWanted) return;
    retry = setTimeout(
      () => void redis.connect().catch(() => 'it has ended again'),
      retryDelayMs(1),
    );
  });
}

/**
 * Leaves a connection on which no answer comes for a new one. When the machine of a Redis vanishes without
 * a word, TCP gives a connection up only after a quarter of an hour, and one that only listens later still,
 * though another Redis may have its place by then.
 */
export function leaveWhenSilent(redis: Redis): void {
  redis.on('connect', () => {
    let silentSinceMs = Infinity;
    const look = (): void => {
      const nowMs = performance.now();
      if (nowMs - silentSinceMs >= SILENCE_MS) return redis.disconnect(true);
      silentSinceMs = Math.min(silentSinceMs, nowMs);
      redis.ping().then(
        () => (silentSinceMs = Infinity),
        () => 'a later look leaves it',
      );
    };
    const looks = setInterval(look, LOOK_MS).unref();
    redis.once('close', () => clearInterval(looks));
  });
}

import type { Redis } from 'ioredis';
import { retryDelayMs } from './redis-options.js';

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

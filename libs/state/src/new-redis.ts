import type { Redis } from 'ioredis';

/**
 * Calls `handler` when a connection that was lost has come back to another run of Redis: restarted, or
 * a replica that was made the primary. The last second of writes may be missing there even though all
 * else is in place, so that no lease tells of the loss.
 */
export function onNewRedis(redis: Redis, handler: () => void): void {
  let known: string | undefined;
  const look = async (): Promise<void> => {
    const [, run] = /^run_id:(\w+)/m.exec(await redis.info('server')) ?? [];
    if (run !== undefined && known !== undefined && run !== known) handler();
    known = run ?? known;
  };
  // A connection that is gone again before it answers will be ready once more.
  const lookSafely = (): void => void look().catch(() => undefined);
  redis.on('ready', lookSafely);
  if (redis.status === 'ready') lookSafely();
}

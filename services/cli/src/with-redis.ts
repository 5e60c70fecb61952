import { closeRedis, openRedis, redisReady, type Redis } from '@waystation/state';

const PATIENCE_MS = 5_000;

/** Does something with Redis and hangs up. Throws RedisUnreachable, whose message is for operators. */
export async function withRedis<T>(url: string, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = openRedis(url, 'waystation-cli');
  try {
    await redisReady(redis, PATIENCE_MS);
    return await work(redis);
  } finally {
    await closeRedis(redis);
  }
}

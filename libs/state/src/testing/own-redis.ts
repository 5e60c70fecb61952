import { after, beforeEach } from 'node:test';
import type { Redis } from 'ioredis';
import { type RedisServer, startRedis } from '@waystation/testkit';
import { closeRedis, openRedis, redisReady } from '../redis.js';

/** A Redis for the tests of one file: empty before each of them, stopped after the last. */
export async function ownRedis(): Promise<{ server: RedisServer; redis: Redis }> {
  const endings = new AsyncDisposableStack();
  after(() => endings.disposeAsync());
  const server = await startRedis();
  endings.defer(() => server.stop());
  const redis = openRedis(server.url, 'test');
  endings.defer(() => closeRedis(redis));
  await redisReady(redis);
  beforeEach(async () => void (await redis.flushall()));
  return { server, redis };
}

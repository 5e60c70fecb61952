import type { Health } from './health.js';

/** Not ready while this connection to Redis does not answer; all replicas lean on it. */
export function watchRedis(health: Health, redis: { ping(): Promise<unknown> }): void {
  const ping = async (): Promise<void> => void (await redis.ping());
  health.addProbe('redis', ping, { shared: true });
}

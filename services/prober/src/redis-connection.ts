import type { OnApplicationShutdown } from '@nestjs/common';
import { watchRedis, type Health } from '@waystation/ops';
import { closeRedis, type Redis } from '@waystation/state';

/** The prober is ready while it reaches Redis, whatever its looks say. Closes last. */
export class RedisConnection implements OnApplicationShutdown {
  constructor(
    readonly redis: Redis,
    health: Health,
  ) {
    watchRedis(health, redis);
  }

  onApplicationShutdown(): Promise<void> {
    return closeRedis(this.redis);
  }
}

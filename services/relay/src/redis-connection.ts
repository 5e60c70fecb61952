import type { OnApplicationShutdown } from '@nestjs/common';
import { watchRedis, type Health } from '@waystation/ops';
import { closeRedis, type Redis } from '@waystation/state';

/** Tells whether Redis answers, and closes it last, when nothing needs it any more. */
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

import type { OnApplicationShutdown } from '@nestjs/common';
import { closeRedis, type Redis } from '@waystation/state';

/** Closes Redis last, when nothing needs it any more. */
export class RedisConnection implements OnApplicationShutdown {
  constructor(readonly redis: Redis) {}

  onApplicationShutdown(): Promise<void> {
    return closeRedis(this.redis);
  }
}

import type { OnApplicationShutdown } from '@nestjs/common';
import type { Health } from '@waystation/ops';
import { closeRedis, type Redis } from '@waystation/state';

/** Tells whether Redis answers, and closes it last, when nothing needs it any more. */
export class RedisConnection implements OnApplicationShutdown {
  constructor(
    readonly redis: Redis,
    health: Health,
  ) {
    const ping = async (): Promise<void> => void (await redis.ping());
    health.addProbe('redis', ping, { shared: true });
  }

  onApplicationShutdown(): Promise<void> {
    return closeRedis(this.redis);
  }
}

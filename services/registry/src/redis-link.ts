import type { OnApplicationShutdown } from '@nestjs/common';
import type { Events } from '@waystation/bus';
import { watchRedis, type Health } from '@waystation/ops';
import { closeRedis, type Redis } from '@waystation/state';

/** The registry's connections to Redis; they close last. */
export class RedisLink implements OnApplicationShutdown {
  readonly redis: Redis;
  readonly events: Events;

  constructor(redis: Redis, events: Events, health: Health) {
    this.redis = redis;
    this.events = events;
    watchRedis(health, redis);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.events.stop();
    await closeRedis(this.redis);
  }
}

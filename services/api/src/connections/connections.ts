import type { OnApplicationShutdown } from '@nestjs/common';
import type { Events, RegistryClient } from '@waystation/bus';
import { type Redis, closeRedis } from '@waystation/state';

/** The connections to the other services and their state; they close last. */
export class Connections implements OnApplicationShutdown {
  constructor(
    private readonly redis: Redis,
    private readonly registry: RegistryClient,
    private readonly events: Events,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.registry.stop(), this.events.stop()]);
    await closeRedis(this.redis);
  }
}

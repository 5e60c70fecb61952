import type { OnApplicationShutdown } from '@nestjs/common';
import type { Events, RegistryClient } from '@waystation/bus';
import { type Redis, closeRedis } from '@waystation/state';

/** Closes the connections to the other services and their state. */
export class RegistryLink implements OnApplicationShutdown {
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

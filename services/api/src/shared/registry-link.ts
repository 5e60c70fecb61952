import type { OnApplicationShutdown } from '@nestjs/common';
import type { RegistryClient } from '@waystation/bus';
import { type Redis, closeRedis } from '@waystation/state';

/** Closes the connections to the registry and its state. */
export class RegistryLink implements OnApplicationShutdown {
  constructor(
    private readonly redis: Redis,
    private readonly registry: RegistryClient,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    await this.registry.stop();
    await closeRedis(this.redis);
  }
}

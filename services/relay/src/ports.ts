import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { LicenceKey } from './licence-key.js';
import type { Relay, RelayPlace } from './relay.js';
import type { Surroundings } from './surroundings.js';

/** How long a start waits for a registry that starts at the same time. */
const KEY_PATIENCE_MS = 60_000;

/** Opens the ports once the key is known, and closes them first of all. */
export class Ports implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #relay: Relay;
  readonly #key: LicenceKey;
  readonly #place: RelayPlace;
  readonly #drainMs: number;
  readonly #surroundings: Surroundings;

  constructor(
    relay: Relay,
    key: LicenceKey,
    place: RelayPlace,
    drainMs: number,
    surroundings: Surroundings,
  ) {
    this.#relay = relay;
    this.#key = key;
    this.#place = place;
    this.#drainMs = drainMs;
    this.#surroundings = surroundings;
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.#key.start(KEY_PATIENCE_MS);
    await this.#surroundings.start();
    await this.#relay.open(this.#place);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#key.stop();
    await this.#surroundings.drain(this.#drainMs);
    await this.#relay.close(this.#drainMs);
    await this.#surroundings.stop();
  }
}

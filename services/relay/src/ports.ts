import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { LicenceKey } from './licence-key.js';
import type { PumpHouse } from './pump-house.js';
import type { Relay, RelayPlace } from './relay.js';
import type { Surroundings } from './surroundings.js';

/** How long a start waits for a registry that starts at the same time. */
const KEY_PATIENCE_MS = 60_000;

/** What runs beside the relay and is ended with it. */
interface Beside {
  readonly surroundings: Surroundings;
  readonly pumps: PumpHouse;
}

/** Opens the ports once the key is known, and closes them first of all. */
export class Ports implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #relay: Relay;
  readonly #key: LicenceKey;
  readonly #place: RelayPlace;
  readonly #drainMs: number;
  readonly #beside: Beside;

  constructor(relay: Relay, key: LicenceKey, place: RelayPlace, drainMs: number, beside: Beside) {
    this.#relay = relay;
    this.#key = key;
    this.#place = place;
    this.#drainMs = drainMs;
    this.#beside = beside;
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.#key.start(KEY_PATIENCE_MS);
    await this.#beside.surroundings.start();
    await this.#relay.open(this.#place);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#key.stop();
    await this.#beside.surroundings.drain(this.#drainMs);
    await this.#relay.close(this.#drainMs);
    await this.#beside.surroundings.stop();
    await this.#beside.pumps.stop();
  }
}

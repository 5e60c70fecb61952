import { Events } from '@waystation/bus';
import type { Log } from '@waystation/ops';
import { CloseOrders, RelaySettings } from '@waystation/state';
import type { Redis } from '@waystation/state';
import { OrderWatch } from './order-watch.js';
import type { Relay } from './relay.js';
import { fitsChoice } from './session-choice.js';
import { SettingsWatch } from './settings-watch.js';

/** What operators tell all relays while they run: settings, and sessions to end. */
export class Directions {
  readonly #events: Events;
  readonly #settings: SettingsWatch;
  readonly #orders: OrderWatch;

  constructor(redisUrl: string, redis: Redis, relay: Relay, log: Log) {
    const apply: ConstructorParameters<typeof SettingsWatch>[2] = (facts) => {
      relay.bandwidth.change(facts.numbers);
      relay.lists.replace(facts);
      relay.enforceLists();
    };
    this.#settings = new SettingsWatch(new RelaySettings(redis), redis, apply, log);
    this.#events = new Events(redisUrl);
    this.#events.on('relaySettingsChanged', this.#settings.now);
    const follow: ConstructorParameters<typeof OrderWatch>[2] = (order, ageMs) => {
      const ended = relay.closeSessions(fitsChoice(order), ageMs);
      if (ended > 0) log.info('sessions were closed by an operator', { ...order, ageMs, ended });
    };
    this.#orders = new OrderWatch(new CloseOrders(redis), redis, follow, log);
    this.#events.on('closeSession', this.#orders.now);
  }

  /** Before the ports are open: nobody who is refused may slip in. */
  async start(): Promise<void> {
    await this.#events.start();
    await this.#settings.start();
    await this.#orders.start();
  }

  async stop(): Promise<void> {
    this.#settings.stop();
    this.#orders.stop();
    await this.#events.stop();
  }
}

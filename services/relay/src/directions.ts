import { Events } from '@waystation/bus';
import type { Log } from '@waystation/ops';
import { RelaySettings } from '@waystation/state';
import type { Redis } from '@waystation/state';
import type { Relay } from './relay.js';
import { fitsChoice } from './session-choice.js';
import { SettingsWatch } from './settings-watch.js';

/** What operators tell all relays while they run: settings, and sessions to end. */
export class Directions {
  readonly #events: Events;
  readonly #watch: SettingsWatch;

  constructor(redisUrl: string, redis: Redis, relay: Relay, log: Log) {
    const apply: ConstructorParameters<typeof SettingsWatch>[2] = (facts) => {
      relay.bandwidth.change(facts.numbers);
      relay.lists.replace(facts);
      relay.enforceLists();
    };
    this.#watch = new SettingsWatch(new RelaySettings(redis), redis, apply, log);
    this.#events = new Events(redisUrl);
    this.#events.on('relaySettingsChanged', this.#watch.look);
    this.#events.on('closeSession', ({ reason, ...choice }) => {
      const ended = relay.closeSessions(fitsChoice(choice));
      if (ended > 0) log.info('sessions were closed by an operator', { ...choice, reason, ended });
    });
  }

  /** Before the ports are open: nobody who is refused may slip in. */
  async start(): Promise<void> {
    await this.#events.start();
    await this.#watch.start();
  }

  async stop(): Promise<void> {
    this.#watch.stop();
    await this.#events.stop();
  }
}

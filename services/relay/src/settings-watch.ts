import type { Log } from '@waystation/ops';
import type { Redis, RelayFacts, RelaySettings } from '@waystation/state';
import { RepeatedLook } from './repeated-look.js';

/** Keeps a relay to what operators have told all relays; what was read last holds while Redis is away. */
export class SettingsWatch extends RepeatedLook {
  readonly #settings: Pick<RelaySettings, 'read' | 'revision'>;
  readonly #apply: (facts: RelayFacts) => void;
  readonly #log: Log;
  #revision = '';

  constructor(
    settings: Pick<RelaySettings, 'read' | 'revision'>,
    redis: Pick<Redis, 'on' | 'off'>,
    apply: (facts: RelayFacts) => void,
    log: Log,
  ) {
    super(
      redis,
      () => this.#read(),
      (error) => log.debug('the relay settings cannot be read now', { reason: String(error) }),
    );
    this.#settings = settings;
    this.#apply = apply;
    this.#log = log;
  }

  async #read(): Promise<void> {
    if ((await this.#settings.revision()) === this.#revision) return;
    const facts = await this.#settings.read();
    this.#apply(facts);
    this.#revision = facts.revision;
    this.#tell(facts);
  }

  #tell({ blacklist, blocklist, numbers }: RelayFacts): void {
    const counts = { blacklist: blacklist.length, blocklist: blocklist.length };
    this.#log.info('relay settings have changed', { ...counts, ...numbers });
  }
}

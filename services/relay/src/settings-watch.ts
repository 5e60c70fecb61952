import type { Log } from '@waystation/ops';
import type { Redis, RelayFacts, RelaySettings } from '@waystation/state';

/** A broadcast that was missed is made up for within this time. */
const LOOK_MS = 5_000;

/** Keeps a relay to what operators have told all relays; what was read last holds while Redis is away. */
export class SettingsWatch {
  readonly #settings: Pick<RelaySettings, 'read' | 'revision'>;
  readonly #redis: Pick<Redis, 'on' | 'off'>;
  readonly #apply: (facts: RelayFacts) => void;
  readonly #log: Log;
  #revision = '';
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #isStale = false;

  /** @param redis every new connection is a reason to look again */
  constructor(
    settings: Pick<RelaySettings, 'read' | 'revision'>,
    redis: Pick<Redis, 'on' | 'off'>,
    apply: (facts: RelayFacts) => void,
    log: Log,
  ) {
    this.#settings = settings;
    this.#redis = redis;
    this.#apply = apply;
    this.#log = log;
  }

  /** Returns when the settings hold, or Redis cannot be asked. */
  async start(): Promise<void> {
    this.#redis.on('ready', this.look);
    this.#timer = setInterval(this.look, LOOK_MS).unref();
    this.look();
    await this.#looking;
  }

  stop(): void {
    this.#redis.off('ready', this.look);
    clearInterval(this.#timer);
  }

  /** Something may have changed. */
  readonly look = (): void => {
    this.#isStale = true;
    this.#looking ??= this.#catchUp().finally(() => {
      this.#looking = undefined;
    });
  };

  async #catchUp(): Promise<void> {
    while (this.#isStale) {
      this.#isStale = false;
      try {
        if ((await this.#settings.revision()) === this.#revision) continue;
        const facts = await this.#settings.read();
        this.#apply(facts);
        this.#revision = facts.revision;
        this.#tell(facts);
      } catch (error) {
        this.#log.debug('the relay settings cannot be read now', { reason: String(error) });
      }
    }
  }

  #tell({ blacklist, blocklist, numbers }: RelayFacts): void {
    const counts = { blacklist: blacklist.length, blocklist: blocklist.length };
    this.#log.info('relay settings have changed', { ...counts, ...numbers });
  }
}

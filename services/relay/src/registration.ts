import type { Log } from '@waystation/ops';
import type { LinkKey, ReplicaInfo, Replicas } from '@waystation/state';

/** Often enough that a rendezvous notices within seconds that a relay is silent. */
const BEAT_MS = 1_000;

/** Makes this replica known to the others, for as long as it lives. */
export class Registration {
  readonly #replicas: Pick<Replicas, 'announce' | 'refresh' | 'withdraw'>;
  readonly #key: LinkKey;
  readonly #load: () => number;
  readonly #log: Log;
  #timer: NodeJS.Timeout | undefined;
  #isDraining = false;
  #beating: Promise<void> | undefined;

  /** @param load running sessions */
  constructor(
    replicas: Pick<Replicas, 'announce' | 'refresh' | 'withdraw'>,
    key: LinkKey,
    load: () => number,
    log: Log,
  ) {
    this.#replicas = replicas;
    this.#key = key;
    this.#load = load;
    this.#log = log;
  }

  /** The secret of the links comes first: whoever knows this replica may call it at once. */
  async start(info: ReplicaInfo): Promise<void> {
    await this.#key.agree();
    await this.#replicas.announce(info);
    this.#timer = setInterval(() => void this.#beat(), BEAT_MS);
  }

  /** Nobody is to be sent here any more; other replicas still find it, until `stop`. */
  async drain(): Promise<void> {
    await this.#beating;
    this.#isDraining = true;
    await this.#beat();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    try {
      await this.#replicas.withdraw();
    } catch (error) {
      this.#log.debug('the lease of this replica ends only by itself', { error });
    }
  }

  #beat(): Promise<void> {
    this.#beating ??= this.#tell().finally(() => {
      this.#beating = undefined;
    });
    return this.#beating;
  }

  async #tell(): Promise<void> {
    try {
      await this.#key.agree();
      await this.#replicas.refresh({ load: this.#load(), draining: this.#isDraining });
    } catch (error) {
      this.#log.debug('cannot refresh the lease of this replica', { error });
    }
  }
}

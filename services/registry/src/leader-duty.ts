import type { Log } from '@waystation/ops';
import type { DeadReplicas, ServerKey, ServerKeyFacts } from '@waystation/state';
import type { CallServer } from './call-server.js';
import type { Counts } from './counts.js';
import type { Duty } from './leadership.js';

/** What the leader does: it publishes the key, answers calls and clears away dead replicas. */
export class LeaderDuty implements Duty {
  readonly #serverKey: ServerKey;
  readonly #facts: ServerKeyFacts;
  readonly #calls: CallServer;
  readonly #deadReplicas: DeadReplicas;
  readonly #resign: () => Promise<number>;
  readonly #counts: Counts;
  readonly #log: Log;
  #resigning: Promise<void> | undefined;

  constructor(parts: {
    serverKey: ServerKey;
    facts: ServerKeyFacts;
    calls: CallServer;
    deadReplicas: DeadReplicas;
    resign: () => Promise<number>;
    counts: Counts;
    log: Log;
  }) {
    this.#serverKey = parts.serverKey;
    this.#facts = parts.facts;
    this.#calls = parts.calls;
    this.#deadReplicas = parts.deadReplicas;
    this.#resign = parts.resign;
    this.#counts = parts.counts;
    this.#log = parts.log;
  }

  async begin(): Promise<void> {
    await this.#serverKey.publish(this.#facts);
    await this.#calls.open();
    this.#resigning = undefined;
  }

  async beat(): Promise<void> {
    this.#resigning ??= this.#resignAll();
    // After a loss of Redis' data the key must come back.
    await this.#serverKey.publish(this.#facts);
    for (const { replica, presences } of await this.#deadReplicas.clear()) {
      this.#counts.clearedPresences.inc(presences);
      this.#log.info('cleared away a dead replica', { dead: replica, presences });
    }
  }

  async end(): Promise<void> {
    await this.#calls.close();
    await this.#resigning;
  }

  /** In the background, since it takes seconds with many devices; tried again after a failure. */
  async #resignAll(): Promise<void> {
    try {
      const resigned = await this.#resign();
      this.#counts.resigned.inc(resigned);
      if (resigned > 0)
        this.#log.info('the server key is new: signed all identities', { resigned });
    } catch (error) {
      this.#log.warn('identities could not be signed anew yet', { reason: String(error) });
      this.#resigning = undefined;
    }
  }
}

import type { BusEvents, Events } from '@waystation/bus';
import type { Log } from '@waystation/ops';

/** Tells all replicas what has happened to an identity, without keeping the answer waiting. */
export class Announcements {
  readonly #events: Events;
  readonly #log: Log;

  constructor(events: Events, log: Log) {
    this.#events = events;
    this.#log = log;
  }

  tell(event: BusEvents['identityChanged']): void {
    this.#events.emit('identityChanged', event).catch((error: unknown) => {
      this.#log.warn('replicas could not be told', { ...event, reason: String(error) });
    });
  }
}

import type { Events, SessionChoice } from '@waystation/bus';
import type { Log } from '@waystation/ops';

/** Ends what runs over relays when a user or a device is shut out. */
export class SessionEnds {
  constructor(
    private readonly events: Events,
    private readonly log: Log,
  ) {}

  /** `guid`: the sessions that this user began while he was known to be logged in. Never rejects. */
  ofUser(guid: string, reason: string): Promise<void> {
    return this.#end({ user: guid }, reason);
  }

  /** The sessions that the device of this id takes part in. Never rejects. */
  ofDevice(id: string, reason: string): Promise<void> {
    return this.#end({ devices: [id] }, reason);
  }

  /** Whoever is shut out stays so: what cannot be told now does not undo that. */
  async #end(choice: SessionChoice, reason: string): Promise<void> {
    try {
      await this.events.emit('closeSession', { ...choice, reason });
    } catch (error) {
      this.log.warn('could not tell the relays to end sessions', { ...choice, reason, error });
    }
  }
}

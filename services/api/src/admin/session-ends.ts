import type { Events, SessionChoice } from '@waystation/bus';
import type { Log } from '@waystation/ops';
import type { CloseOrders } from '@waystation/state';

/** Ends what runs over relays, when an operator says so and when a user or a device is shut out. */
export class SessionEnds {
  constructor(
    private readonly events: Events,
    private readonly orders: CloseOrders,
    private readonly log: Log,
  ) {}

  /** Rejects when Redis does not take the order. A relay that is cut off follows it when it is back. */
  async close(choice: SessionChoice, reason: string): Promise<void> {
    const order = { ...choice, reason };
    await this.orders.give(order);
    try {
      await this.events.emit('closeSession', order);
    } catch (error) {
      this.log.debug('relays hear of an order to end sessions when they look', { error });
    }
  }

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
      await this.close(choice, reason);
    } catch (error) {
      this.log.warn('could not tell the relays to end sessions', { ...choice, reason, error });
    }
  }
}

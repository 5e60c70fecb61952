import { parseCloseSession } from '@waystation/bus';
import type { BusEvents } from '@waystation/bus';
import type { Log } from '@waystation/ops';
import type { CloseOrders, Redis } from '@waystation/state';
import { RepeatedLook } from './repeated-look.js';

/**
 * Follows the orders to end sessions that Redis keeps, each of them once. Their broadcast only says that
 * there is a new one, so one whose broadcast was missed is followed with the next look.
 */
export class OrderWatch extends RepeatedLook {
  readonly #orders: Pick<CloseOrders, 'newestId' | 'after'>;
  readonly #follow: (order: BusEvents['closeSession'], ageMs: number) => void;
  /** Everything up to this order has been followed; undefined before the first look. */
  #readId: string | undefined;

  /** @param follow told an order and how many milliseconds ago it was given */
  constructor(
    orders: Pick<CloseOrders, 'newestId' | 'after'>,
    redis: Pick<Redis, 'on' | 'off'>,
    follow: (order: BusEvents['closeSession'], ageMs: number) => void,
    log: Log,
  ) {
    super(
      redis,
      () => this.#read(),
      (error) => log.debug('orders to end sessions cannot be read now', { reason: String(error) }),
    );
    this.#orders = orders;
    this.#follow = follow;
  }

  async #read(): Promise<void> {
    if (this.#readId === undefined) {
      // What was ordered before this replica began is none of its business.
      this.#readId = await this.#orders.newestId();
      return;
    }
    for (const { id, ageMs, order } of await this.#orders.after(this.#readId)) {
      this.#readId = id;
      const known = parseCloseSession(order);
      if (known !== undefined) this.#follow(known, ageMs);
    }
  }
}

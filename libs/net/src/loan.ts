import { countClosing } from './closing.js';

/** A connection whose bytes somebody else moves: what is still counted here, for as long as it lives. */
export class Loan {
  readonly #onGone: () => void;
  #closed: (() => void) | undefined;

  /** Made by `TcpStream.lend`. */
  constructor(onGone: () => void) {
    this.#onGone = onGone;
  }

  /** It is being closed: its last bytes are on the way out. */
  closing(): void {
    this.#closed ??= countClosing();
  }

  /** It is gone. To be called once. */
  gone(): void {
    this.#closed?.();
    this.#onGone();
  }
}

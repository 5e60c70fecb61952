import { REGISTER_PEER_NEEDS_PK } from '@waystation/wire';
import type { PeerTable } from './peer-table.js';

const EVERY_MS = 1000;
/** All devices of a replica are looked at within a minute, so that the registry sees no stampede (D2). */
const SECONDS = 60;
const SMALLEST_SLICE = 10;

/** Which of `ids` still have an identity with a key. */
export type FindOwned = (ids: readonly string[]) => Promise<ReadonlySet<string>>;

/**
 * After Redis gave this replica up it may have lost identities too. Devices that lost theirs are asked for
 * their key: on their next heartbeat, or at once on a connection; a slice of them per second.
 */
export class Rekeying {
  private waiting: string[] = [];
  private sliceSize = SMALLEST_SLICE;
  private timer: NodeJS.Timeout | undefined;
  private stepping = false;

  constructor(
    private readonly peers: PeerTable,
    private readonly findOwned: FindOwned,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Looks at every device that is here now; begins anew when it was at it already. */
  begin(): void {
    this.waiting = [...this.peers.all()].map(({ id }) => id);
    this.sliceSize = Math.max(SMALLEST_SLICE, Math.ceil(this.waiting.length / SECONDS));
    this.timer ??= setInterval(() => void this.step(), EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** One second's work. Never rejects: what could not be looked up waits for the next second. */
  async step(): Promise<void> {
    if (this.stepping) return;
    this.stepping = true;
    const slice = this.waiting.splice(0, this.sliceSize);
    try {
      const owned = await this.findOwned(slice);
      for (const id of slice) if (!owned.has(id)) this.ask(id);
    } catch (error) {
      this.waiting.unshift(...slice);
      this.failed(error);
    } finally {
      this.stepping = false;
    }
    if (this.waiting.length === 0) this.stop();
  }

  private ask(id: string): void {
    this.peers.doubt(id)?.channel?.push(REGISTER_PEER_NEEDS_PK);
  }
}

import type { Displaced, Presences } from '@waystation/state';
import type { Peer } from './peer.js';
import type { PeerTable } from './peer-table.js';

/** Changes sent to Redis together; the next batch goes out when this one is answered. */
const BATCH = 200;
/** Pause after a failure: Redis is away. */
const RETRY_MS = 500;

/** What the writer needs of the table and of the replica. */
export interface PresenceEvents {
  /** A stay of this peer on another replica has ended by our writing. */
  displaced(id: string, stay: Displaced): void;
  /** Another stay of this peer has begun elsewhere since: it is not here any more. */
  outrun(peer: Peer): void;
  failed(error: unknown): void;
}

/**
 * Tells Redis which peers this replica hears: when one appears, moves or goes, never for a
 * heartbeat. What Redis did not take is kept (one entry per peer) and written when it is back.
 */
export class PresenceWriter {
  private readonly changed = new Map<string, Peer>();
  private readonly gone = new Map<string, Peer>();
  private running: Promise<void> | undefined;
  private stopped = false;

  constructor(
    private readonly presences: Pick<Presences, 'appear' | 'move' | 'disappear'>,
    private readonly table: Pick<PeerTable, 'holds'>,
    private readonly events: PresenceEvents,
  ) {}

  /** How many changes Redis has not taken yet. */
  get backlog(): number {
    return this.changed.size + this.gone.size;
  }

  peerChanged(peer: Peer): void {
    this.changed.set(peer.id, peer);
    this.run();
  }

  peerGone(peer: Peer): void {
    if (this.changed.get(peer.id) === peer) this.changed.delete(peer.id);
    this.gone.set(peer.id, peer);
    this.run();
  }

  /** Writes one peer now. Never rejects: if Redis does not take it, it is written later. */
  async write(peer: Peer): Promise<void> {
    this.changed.delete(peer.id);
    await this.appear(peer);
  }

  stop(): void {
    this.stopped = true;
  }

  private run(): void {
    if (this.running !== undefined || this.stopped) return;
    this.running = this.drain().finally(() => {
      this.running = undefined;
      // What came in while the last batch was being settled.
      if (this.backlog > 0) this.run();
    });
  }

  private async drain(): Promise<void> {
    // One turn of the event loop, so that a burst becomes one batch.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.backlog > 0 && !this.stopped) {
      const written = await this.writeBatch();
      if (!written) await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
    }
  }

  private async writeBatch(): Promise<boolean> {
    const changed = take(this.changed, BATCH);
    const gone = take(this.gone, BATCH);
    const results = await Promise.all([
      ...gone.map((peer) => this.disappear(peer)),
      ...changed.map((peer) => this.appear(peer)),
    ]);
    return results.every(Boolean);
  }

  private async appear(peer: Peer): Promise<boolean> {
    if (!this.table.holds(peer)) return true;
    const { id } = peer;
    try {
      await this.tell(peer);
      return true;
    } catch (error) {
      this.events.failed(error);
      if (this.table.holds(peer)) this.changed.set(id, peer);
      return false;
    }
  }

  private async tell(peer: Peer): Promise<void> {
    const { id, transport: kind, ip, port, generation } = peer;
    const seen = { kind, ip, port, generation };
    if (peer.announced) {
      if (!(await this.presences.move(id, seen))) this.events.outrun(peer);
      return;
    }
    const stay = await this.presences.appear(id, seen);
    peer.announced = true;
    if (stay !== undefined) this.events.displaced(id, stay);
  }

  private async disappear(peer: Peer): Promise<boolean> {
    try {
      await this.presences.disappear(peer.id, peer.generation);
      return true;
    } catch (error) {
      this.events.failed(error);
      if (!this.gone.has(peer.id)) this.gone.set(peer.id, peer);
      return false;
    }
  }
}

function take(map: Map<string, Peer>, limit: number): Peer[] {
  const taken: Peer[] = [];
  for (const [id, peer] of map) {
    if (taken.length === limit) break;
    map.delete(id);
    taken.push(peer);
  }
  return taken;
}

import type { Presences, ReplicaId } from '@waystation/state';
import type { PeerTable } from './peer-table.js';

/** Ids of one query that are looked up; bits beyond stay 0 (protocol 6.12). */
const IDS_LIMIT = 2000;

/** Says which of many ids are online: from memory, the others with one round trip to Redis. */
export class OnlineQuery {
  constructor(
    private readonly peers: PeerTable,
    private readonly presences: Pick<Presences, 'findMany'>,
    private readonly self: ReplicaId,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** A bit per id, most significant first, always `ceil(ids / 8)` bytes. Never rejects. */
  async states(ids: readonly string[]): Promise<Buffer> {
    const states = Buffer.alloc(Math.ceil(ids.length / 8));
    const elsewhere: { id: string; index: number }[] = [];
    for (const [index, id] of ids.slice(0, IDS_LIMIT).entries()) {
      if (this.peers.online(id) !== undefined) setBit(states, index);
      else if (id !== '') elsewhere.push({ id, index });
    }
    if (elsewhere.length > 0) await this.ask(elsewhere, states);
    return states;
  }

  private async ask(wanted: { id: string; index: number }[], states: Buffer): Promise<void> {
    try {
      const found = await this.presences.findMany(wanted.map(({ id }) => id));
      for (const [i, { index }] of wanted.entries()) {
        const presence = found[i];
        // What Redis still says of this replica is older than what memory says.
        if (presence !== undefined && presence.replica !== this.self) setBit(states, index);
      }
    } catch (error) {
      // Redis is away: what this replica knows itself is still true.
      this.failed(error);
    }
  }
}

function setBit(states: Buffer, index: number): void {
  const byte = index >> 3;
  states[byte] = (states[byte] ?? 0) | (0x80 >> (index & 7));
}

import type { Identities, Identity, Presence, Presences } from '@waystation/state';

/** Too many look-ups wait for Redis already. */
export class LookupBusy extends Error {
  override readonly name = 'LookupBusy';
}

/** What Redis knows of an id: who owns it, and where it is heard. */
export interface PeerRecord {
  readonly identity: Identity | undefined;
  readonly presence: Presence | undefined;
}

/** Look-ups that may wait for Redis at the same time; beyond it the datagram is dropped and comes again. */
const IN_FLIGHT_LIMIT = 2000;

/** Looks ids up in Redis: one look-up per id at a time, whoever asks, and a bounded number of them. */
export class PeerLookup {
  private readonly pending = new Map<string, Promise<PeerRecord>>();

  constructor(
    private readonly identities: Pick<Identities, 'get'>,
    private readonly presences: Pick<Presences, 'find'>,
    private readonly inFlightLimit = IN_FLIGHT_LIMIT,
  ) {}

  /** Look-ups in flight. */
  get inFlight(): number {
    return this.pending.size;
  }

  /** Rejects with LookupBusy, or when Redis cannot be asked. */
  find(id: string): Promise<PeerRecord> {
    const known = this.pending.get(id);
    if (known !== undefined) return known;
    if (this.pending.size >= this.inFlightLimit) return Promise.reject(new LookupBusy());
    const read = this.read(id).finally(() => this.pending.delete(id));
    this.pending.set(id, read);
    return read;
  }

  private async read(id: string): Promise<PeerRecord> {
    const [identity, presence] = await Promise.all([
      this.identities.get(id),
      this.presences.find(id),
    ]);
    return { identity, presence };
  }
}

import type { PeerRecord, PeerRecords } from '@waystation/state';
import { BriefMap } from './brief-map.js';

/** Too many look-ups wait for Redis already. */
export class LookupBusy extends Error {
  override readonly name = 'LookupBusy';
}

/** Look-ups that may wait for Redis at the same time; beyond it the datagram is dropped and comes again. */
const IN_FLIGHT_LIMIT = 2000;

/** Looks ids up in Redis: one look-up per id at a time, whoever asks, and a bounded number of them. */
export class PeerLookup {
  private readonly pending = new BriefMap<string, Promise<PeerRecord>>();

  constructor(
    private readonly records: Pick<PeerRecords, 'find'>,
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
    const read = this.records.find(id).finally(() => this.pending.delete(id));
    this.pending.set(id, read);
    return read;
  }
}

import type { ReplicaId } from '@waystation/state';
import type { PeerLookup } from './peer-lookup.js';
import type { PeerTable } from './peer-table.js';
import type { Peer, PeerTransport } from './peer.js';

/** A callee that is online: on this replica, or on the one named. */
export interface OnlineCallee {
  readonly state: 'online';
  readonly id: string;
  readonly transport: PeerTransport;
  readonly ip: string;
  /** Signed IdPk; undefined when there is none to give. */
  readonly signed: Buffer | undefined;
  readonly at:
    { readonly local: Peer } | { readonly replica: ReplicaId; readonly generation: number };
}

/** What looking for a callee gives. */
export type Callee = OnlineCallee | { readonly state: 'offline' | 'unknown' };

/**
 * Finds a callee: in this replica's memory, else in Redis. With Redis away, callees of this replica are
 * still found.
 */
export class CalleeFinder {
  constructor(
    private readonly peers: PeerTable,
    private readonly lookup: PeerLookup,
  ) {}

  /** The id is compared exactly, case included. Rejects when Redis would have to be asked and cannot. */
  async find(id: string): Promise<Callee> {
    const local = this.peers.online(id);
    if (local !== undefined) return { state: 'online', ...facts(local), at: { local } };
    const { identity, presence } = await this.lookup.find(id);
    // Heard of but without an identity: Redis lost it, and its replica is asking for it anew.
    if (identity === undefined) return { state: presence === undefined ? 'unknown' : 'offline' };
    if (presence === undefined || identity.disabled) return { state: 'offline' };
    const { replica, generation, kind, ip } = presence;
    return {
      state: 'online',
      id,
      transport: kind,
      ip,
      signed: identity.signed.length > 0 ? identity.signed : undefined,
      at: { replica, generation },
    };
  }
}

function facts(peer: Peer): Pick<OnlineCallee, 'id' | 'transport' | 'ip' | 'signed'> {
  const { id, transport, ip, signedText } = peer;
  const signed = signedText === '' ? undefined : Buffer.from(signedText, 'latin1');
  return { id, transport, ip, signed };
}

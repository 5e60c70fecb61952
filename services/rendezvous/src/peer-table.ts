import { nextGeneration } from '@waystation/state';
import { isLoopback } from '@waystation/wire';
import type { Peer, PeerChannel, PeerTransport } from './peer.js';
import type { Clock } from './clock.js';

/** What a heartbeat means for the table. */
export type Touch =
  /** Known from this address: answered, nothing else to do. */
  | 'same'
  /** Known from this ip, its port has changed: answered, and other replicas must hear of it. */
  | 'moved'
  /** Known, but from another ip, over a connection or with a lost identity: must prove itself with RegisterPk. */
  | 'prove'
  | 'unknown';

/** What the table tells the rest of the replica. */
export interface PeerTableListener {
  /** The peer is new here, or its address or transport has changed. */
  changed(peer: Peer): void;
  /** The peer is gone from here: silent, disconnected, replaced or removed. */
  gone(peer: Peer): void;
}

/** What is known of a peer when it appears. */
export interface Arrival {
  readonly id: string;
  readonly transport: PeerTransport;
  readonly ip: string;
  readonly port: number;
  /** Signed IdPk for callers; undefined when the server has no signing key or the peer no key. */
  readonly signed: Buffer | undefined;
  /** The connection to push on; undefined for UDP. */
  readonly channel: PeerChannel | undefined;
}

/**
 * The peers that this replica hears. A heartbeat of a known peer is one map look-up and one store.
 * UDP peers fall out when they have been silent for `silentAfterMs`; peers on a connection when it
 * closes.
 */
export class PeerTable {
  /** Heartbeats answered from memory, for the metrics. */
  heartbeats = 0;
  private listener: PeerTableListener = { changed: () => undefined, gone: () => undefined };
  private readonly peers = new Map<string, Peer>();
  private readonly counts = { udp: 0, tcp: 0, ws: 0 };
  private sweeping: IterableIterator<Peer> | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly silentAfterMs: number,
  ) {}

  /** Who hears of changes; set once, before the first peer. */
  listen(listener: PeerTableListener): void {
    this.listener = listener;
  }

  get size(): number {
    return this.peers.size;
  }

  /** How many peers use this transport. */
  count(transport: PeerTransport): number {
    return this.counts[transport];
  }

  /** The heartbeat of a peer whose address has not changed: all that most datagrams need. */
  knows(id: string, ip: string, port: number): boolean {
    const peer = this.peers.get(id);
    if (peer === undefined || peer.port !== port || peer.ip !== ip) return false;
    if (peer.transport !== 'udp' || peer.doubted) return false;
    peer.lastSeenMs = this.clock();
    this.heartbeats += 1;
    return true;
  }

  /** A heartbeat by UDP. */
  touch(id: string, ip: string, port: number): Touch {
    const peer = this.peers.get(id);
    if (peer === undefined) return 'unknown';
    if (peer.transport !== 'udp') return 'prove';
    // Loopback counts as the same machine whatever it is called (protocol 6.1 step 3).
    if (peer.ip !== ip && !isLoopback(ip)) return 'prove';
    peer.lastSeenMs = this.clock();
    this.heartbeats += 1;
    if (peer.doubted) return 'prove';
    if (peer.port === port && peer.ip === ip) return 'same';
    peer.ip = ip;
    peer.port = port;
    this.listener.changed(peer);
    return 'moved';
  }

  /** The peer if it is online at this moment. */
  online(id: string): Peer | undefined {
    const peer = this.peers.get(id);
    return peer !== undefined && !this.isSilent(peer) ? peer : undefined;
  }

  /** Puts a peer in, replacing what was known of its id; the older connection is closed. */
  arrive(arrival: Arrival): Peer {
    const old = this.peers.get(arrival.id);
    const { signed, ...known } = arrival;
    const peer: Peer = {
      ...known,
      signedText: signed?.toString('latin1') ?? '',
      generation: nextGeneration(),
      lastSeenMs: this.clock(),
      doubted: false,
      announced: false,
      pushTokens: 0,
      pushRefilledMs: -Infinity,
      lastPushMs: -Infinity,
      lastPushKey: '',
    };
    if (old !== undefined) this.counts[old.transport] -= 1;
    this.counts[peer.transport] += 1;
    this.peers.set(peer.id, peer);
    this.listener.changed(peer);
    if (old?.channel !== undefined && old.channel !== arrival.channel)
      old.channel.close('replaced');
    return peer;
  }

  /** Takes a peer out; with a generation only if it is that stay or an earlier one. */
  remove(id: string, generation = Infinity): Peer | undefined {
    const peer = this.peers.get(id);
    if (peer === undefined || peer.generation > generation) return undefined;
    this.peers.delete(id);
    this.counts[peer.transport] -= 1;
    this.listener.gone(peer);
    return peer;
  }

  /** From now on the peer must prove itself with RegisterPk; it stays online. */
  doubt(id: string): Peer | undefined {
    const peer = this.peers.get(id);
    if (peer !== undefined) peer.doubted = true;
    return peer;
  }

  /** The connection of this peer closed; a newer registration of the same id is left alone. */
  disconnected(peer: Peer): void {
    if (this.peers.get(peer.id) === peer) this.remove(peer.id);
  }

  /** True while `peer` is the table's own record of its id. */
  holds(peer: Peer): boolean {
    return this.peers.get(peer.id) === peer;
  }

  /** Looks at up to `limit` peers, going round the table, and drops the silent ones. */
  sweep(limit: number): void {
    this.sweeping ??= this.peers.values();
    for (let seen = 0; seen < limit; seen++) {
      const next = this.sweeping.next();
      if (next.done === true) {
        this.sweeping = undefined;
        return;
      }
      if (this.isSilent(next.value)) this.remove(next.value.id);
    }
  }

  /** Every peer, for telling Redis again after it was lost. */
  all(): IterableIterator<Peer> {
    return this.peers.values();
  }

  private isSilent(peer: Peer): boolean {
    return peer.transport === 'udp' && this.clock() - peer.lastSeenMs >= this.silentAfterMs;
  }
}

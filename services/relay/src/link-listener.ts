import { AddressSet, listenTcp } from '@waystation/net';
import type { Listener, TcpConnection } from '@waystation/net';
import type { ReplicaId } from '@waystation/state';
import { asReplicaId } from '@waystation/state';
import { TcpLeg } from './leg.js';
import { encodeVerdict, LINK_FRAME_BYTES, newChallenge, openOffer } from './link-messages.js';
import type { OfferedLeg, Verdict } from './link-messages.js';

/** Time for the offer: another replica is near, and sends it as soon as it has the challenge. */
const OFFER_MS = 3_000;
/** Connections that have proven nothing yet; a burst of legs that all cross fits. */
const MOST_UNPROVEN = 1_024;

/**
 * Why a link was turned away: `full` too many at once, `silent` no offer in time, `stranger` a wrong
 * proof or no offer at all, `astray` meant for another replica.
 */
export const LINK_REFUSALS = ['full', 'silent', 'stranger', 'astray'] as const;
export type LinkRefusal = (typeof LINK_REFUSALS)[number];

/** Where links are listened for. */
export interface LinkPlace {
  readonly host?: string;
  /** The first free one is taken; 0 is any. */
  readonly ports: readonly number[];
}

/** The relay, as the other replicas see it. */
export interface LinkHost {
  /** What becomes of a leg with this uuid; `joined` must be true at once, `arrived` follows. */
  verdictOn(uuid: string): Verdict;
  arrived(uuid: string, leg: TcpLeg): void;
  refused(reason: LinkRefusal, ip: string): void;
}

/** The internal door: other replicas bring legs whose partner waits here (design D6). */
export class LinkListener {
  readonly #self: ReplicaId;
  readonly #key: { readonly value: Buffer };
  readonly #host: LinkHost;
  readonly #unproven = new Set<TcpConnection>();
  #listener: Listener | undefined;

  constructor(self: ReplicaId, key: { readonly value: Buffer }, host: LinkHost) {
    this.#self = self;
    this.#key = key;
    this.#host = host;
  }

  /** The port that was taken; 0 before `open`. */
  get port(): number {
    return this.#listener?.port ?? 0;
  }

  /** Rejects with one sentence when none of the ports is free. */
  async open({ ports, ...place }: LinkPlace): Promise<void> {
    const options = {
      ...place,
      reusePort: false,
      maxPerAddress: 0,
      trustedProxies: AddressSet.none,
    };
    let failure: unknown;
    for (const port of ports) {
      try {
        this.#listener = await listenTcp({ ...options, port }, this.#accept);
        return;
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  /** Takes no more links; sessions over links that stand go on. */
  async close(): Promise<void> {
    await this.#listener?.close();
    for (const connection of [...this.#unproven]) connection.close('shutdown');
  }

  readonly #accept = (connection: TcpConnection): void => {
    if (this.#unproven.size >= MOST_UNPROVEN) return this.#refuse(connection, 'full');
    this.#unproven.add(connection);
    const challenge = newChallenge();
    const timer = setTimeout(() => this.#refuse(connection, 'silent'), OFFER_MS).unref();
    connection.limitBytes = LINK_FRAME_BYTES;
    connection.onClose((reason) => {
      clearTimeout(timer);
      this.#unproven.delete(connection);
      if (reason === 'frame-too-long') this.#host.refused('stranger', connection.remote.ip);
    });
    connection.onMessage((frame) => {
      clearTimeout(timer);
      this.#unproven.delete(connection);
      this.#offered(connection, challenge, frame);
    });
    connection.send(challenge);
  };

  #offered(connection: TcpConnection, challenge: Buffer, frame: Buffer): void {
    const offered = openOffer(this.#key.value, challenge, frame);
    if (offered === undefined) return this.#refuse(connection, 'stranger');
    if (offered.to !== this.#self) return this.#refuse(connection, 'astray');
    const verdict = this.#host.verdictOn(offered.uuid);
    connection.send(encodeVerdict(this.#key.value, challenge, frame, verdict));
    if (verdict !== 'joined') return connection.close(verdict);
    this.#host.arrived(offered.uuid, new TcpLeg(connection, originOf(offered)));
  }

  #refuse(connection: TcpConnection, reason: LinkRefusal): void {
    this.#host.refused(reason, connection.remote.ip);
    connection.close(reason);
  }
}

function originOf({ ip, port, transport, isCaller, from }: OfferedLeg): TcpLeg['origin'] {
  return { remote: { ip, port }, transport, isCaller, via: asReplicaId(from) };
}

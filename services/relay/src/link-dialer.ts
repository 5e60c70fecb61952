import { dialTcp } from '@waystation/net';
import type { TcpConnection } from '@waystation/net';
import { TcpLeg } from './leg.js';
import type { LegOrigin } from './leg.js';
import { encodeOffer, isChallenge, LINK_FRAME_BYTES, openVerdict } from './link-messages.js';
import type { OfferedLeg, Verdict } from './link-messages.js';

/** Time for the connection, and again for everything up to the verdict. */
const STEP_MS = 2_000;

/** Where another replica takes links, `host:port`. */
export type LinkAddress = string;

/** Brings a leg to the replica that its partner came to. */
export class LinkDialer {
  readonly #key: { readonly value: Buffer };

  constructor(key: { readonly value: Buffer }) {
    this.#key = key;
  }

  /**
   * The link, as the other leg of a session here, or why there is none. Rejects when that replica
   * cannot be reached or does not prove to be one of ours.
   */
  async offer(to: LinkAddress, leg: OfferedLeg): Promise<TcpLeg | Exclude<Verdict, 'joined'>> {
    const { host, port } = placeOf(to);
    const connection = await dialTcp(host, port, STEP_MS);
    connection.limitBytes = LINK_FRAME_BYTES;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => connection.close('no verdict in time'), STEP_MS);
      connection.onClose((reason) => {
        clearTimeout(timer);
        reject(new Error(`the link ended: ${reason}`));
      });
      this.#talk(connection, leg, (verdict) => {
        clearTimeout(timer);
        // At once: what follows the verdict are the partner's bytes and no frames of ours.
        if (verdict === 'joined') return resolve(new TcpLeg(connection, originOf(leg, connection)));
        resolve(verdict);
        connection.close(verdict);
      });
    });
  }

  #talk(connection: TcpConnection, leg: OfferedLeg, done: (verdict: Verdict) => void): void {
    const key = this.#key.value;
    let sent: { readonly challenge: Buffer; readonly offer: Buffer } | undefined;
    connection.onMessage((frame) => {
      if (sent === undefined) {
        if (!isChallenge(frame)) return connection.close('no challenge');
        sent = { challenge: frame, offer: encodeOffer(key, frame, leg) };
        connection.send(sent.offer);
        return;
      }
      const verdict = openVerdict(key, sent.challenge, sent.offer, frame);
      if (verdict === undefined) return connection.close('not proven');
      done(verdict);
    });
  }
}

/** The far end of a carried leg is the other replica. */
function originOf({ isCaller }: OfferedLeg, { remote }: TcpConnection): LegOrigin {
  return { remote, transport: 'tcp', isCaller: !isCaller };
}

function placeOf(address: LinkAddress): { readonly host: string; readonly port: number } {
  const [, host = '', port] = /^(.*):(\d+)$/.exec(address) ?? [];
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

import { encodeFrame, FrameDecoder, type SocketAddress } from '@waystation/wire';
import { Leg } from './leg.js';
import type { UdpPunch } from './udp-punch.js';

const FRAME_LIMIT_BYTES = 65_536;

/**
 * Payloads as datagrams between two clients that have punched through to each other, one frame each. Real
 * clients put KCP here, which makes it reliable; the server has no part in it, and loopback loses nothing.
 */
export class UdpLeg extends Leg {
  readonly kind = 'udp';

  constructor(
    private readonly punch: UdpPunch,
    readonly local: SocketAddress,
    readonly remote: SocketAddress,
  ) {
    super({ pause: () => undefined, resume: () => undefined });
  }

  /** A datagram from the other client; empty ones only keep the way open. */
  hear(datagram: Buffer): void {
    const decoder = new FrameDecoder(FRAME_LIMIT_BYTES);
    decoder.push(datagram);
    const payload = datagram.length === 0 ? undefined : decoder.next();
    if (payload) this.inbox.push(payload);
  }

  override transmit(payload: Uint8Array): Promise<void> {
    // What gets lost on the way is missed by whoever waits for it.
    this.punch.tell(this.remote, encodeFrame(payload));
    return Promise.resolve();
  }

  override close(): void {
    this.inbox.end('closed');
    this.punch.close();
  }

  override abort(): void {
    this.close();
  }
}

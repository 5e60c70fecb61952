import { openUdp, type UdpEndpoint } from '@waystation/net';
import {
  decodeMessage,
  encodeMessage,
  RegisterPkResult,
  WireError,
  type RendezvousMessage,
} from '@waystation/wire';
import type { ProbeDevice } from '@waystation/state';
import { ANSWER_MS } from './conversation.js';
import { StepFault } from './steps.js';

/** A datagram may be lost; clients repeat theirs as well. */
const REPEAT_MS = 1_000;

/** The device's UDP socket: it registers, and hears what the server pushes. */
export class DeviceSocket {
  private heard: (message: RendezvousMessage) => void = () => undefined;

  private constructor(
    private readonly device: ProbeDevice,
    private readonly server: { readonly ip: string; readonly port: number },
    private readonly socket: UdpEndpoint,
  ) {}

  /** A fresh socket for each look, so that no address translation on the way is an old one. */
  static async open(device: ProbeDevice, ip: string, port: number): Promise<DeviceSocket> {
    const host = ip.includes(':') ? '::' : '0.0.0.0';
    let take = (_datagram: Buffer): void => undefined;
    // An answer may come from another address: Docker's proxy does that to clients on its own host.
    const socket = await openUdp({ host, port: 0, reusePort: false }, (datagram) => take(datagram));
    const made = new DeviceSocket(device, { ip, port }, socket);
    take = (datagram) => made.take(Buffer.from(datagram));
    return made;
  }

  /**
   * As clients do: a heartbeat, and the key when the server asks for it. Throws StepFault when no answer
   * comes or the server refuses.
   */
  async register(): Promise<void> {
    const { id, uuid, pk } = this.device;
    const known = await this.ask(encodeMessage('registerPeer', { id }), (message) =>
      message.name === 'registerPeerResponse' ? !message.value.requestPk : undefined,
    );
    if (known) return;
    const claim = encodeMessage('registerPk', { id, uuid, pk, noRegisterDevice: true });
    const result = await this.ask(claim, (message) =>
      message.name === 'registerPkResponse' ? message.value.result : undefined,
    );
    if (result !== RegisterPkResult.OK) throw new StepFault('refused', refusalOf(result));
  }

  /** What the server pushes from now on. */
  onPush(handler: (message: RendezvousMessage) => void): void {
    this.heard = handler;
  }

  close(): Promise<void> {
    return this.socket.close();
  }

  /** Sends until an answer is there that `read` makes something of. */
  private ask<T>(
    question: Buffer,
    read: (message: RendezvousMessage) => T | undefined,
  ): Promise<T> {
    const { ip, port } = this.server;
    return new Promise((resolve, reject) => {
      const send = (): void => this.socket.send(question, port, ip);
      const repeat = setInterval(send, REPEAT_MS);
      const timer = setTimeout(() => {
        clearInterval(repeat);
        reject(new StepFault('silent', `UDP ${ip}:${port} does not answer`));
      }, ANSWER_MS);
      this.heard = (message) => {
        const answer = read(message);
        if (answer === undefined) return;
        clearInterval(repeat);
        clearTimeout(timer);
        resolve(answer);
      };
      send();
    });
  }

  private take(datagram: Buffer): void {
    try {
      this.heard(decodeMessage(datagram));
    } catch (error) {
      // Anybody may send to this port; what is no message is nothing.
      if (!(error instanceof WireError)) throw error;
    }
  }
}

/** The id that is kept belongs to somebody else by now: the prober takes another one. */
export const ID_TAKEN = "the prober's id belongs to another device";

function refusalOf(result: number): string {
  if (result === RegisterPkResult.UUID_MISMATCH) return ID_TAKEN;
  return result === RegisterPkResult.SERVER_ERROR
    ? 'the registry or Redis behind the rendezvous does not answer'
    : `the registration was refused with code ${result}`;
}

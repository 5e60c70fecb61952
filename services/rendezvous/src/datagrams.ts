import { REGISTER_PEER_KNOWN, decodeMessage, decodeRegisterPeer } from '@waystation/wire';
import type { SocketAddress } from '@waystation/wire';
import type { Context } from './context.js';
import { dispatch } from './dispatch.js';
import type { Sender } from './sender.js';

/** Sends one datagram from the port that clients know. */
export type SendDatagram = (message: Uint8Array, port: number, ip: string) => void;

/** Takes the datagrams of UDP p; what cannot be read is dropped without an answer. */
export class Datagrams {
  constructor(
    private readonly ctx: Context,
    private readonly send: SendDatagram,
  ) {}

  readonly receive = (data: Buffer, ip: string, port: number): void => {
    // Nearly every datagram is the heartbeat of a peer that is known here: no object is made for it.
    const heartbeat = decodeRegisterPeer(data);
    if (heartbeat === undefined) return this.other(data, ip, port);
    const { id, serial } = heartbeat;
    if (serial >= this.ctx.settings.serverList.serial && this.ctx.peers.knows(id, ip, port)) {
      this.send(REGISTER_PEER_KNOWN, port, ip);
      return;
    }
    void dispatch(this.ctx, { name: 'registerPeer', value: heartbeat }, this.from(ip, port));
  };

  private other(data: Buffer, ip: string, port: number): void {
    try {
      void dispatch(this.ctx, decodeMessage(data), this.from(ip, port));
    } catch {
      // Anybody can send anything: counted, and not worth a line.
      this.ctx.counters.drop('undecodable');
    }
  }

  private from(ip: string, port: number): Sender {
    const remote: SocketAddress = { ip, port };
    const reply = (message: Uint8Array): void => this.send(message, port, ip);
    return { kind: 'udp', remote, reply, close: nothing, stream: undefined };
  }
}

function nothing(): void {}

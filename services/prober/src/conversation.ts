import { dialTcp, type TcpConnection } from '@waystation/net';
import {
  decodeMessage,
  encodeMessage,
  newBoxKeyPair,
  openSigned,
  sealSessionKey,
  SecureChannel,
  type MessageName,
  type Messages,
  type RendezvousMessage,
} from '@waystation/wire';
import { randomBytes } from 'node:crypto';
import { StepFault } from './steps.js';

/** How long an answer may take; clients wait longer, but a server that needs this is not well. */
export const ANSWER_MS = 6_000;
const KEY_BYTES = 32;

interface Waiter {
  readonly took: (payload: Buffer) => void;
  readonly failed: (fault: StepFault) => void;
}

/** One framed TCP connection of a client, as questions and answers. */
export class Conversation {
  private readonly payloads: Buffer[] = [];
  private waiter: Waiter | undefined;
  private channel: SecureChannel | undefined;

  private constructor(
    private readonly connection: TcpConnection,
    private readonly place: string,
  ) {
    connection.onMessage((payload) => this.push(Buffer.from(payload)));
    connection.onClose(() => this.waiter?.failed(this.hungUp()));
  }

  /** Rejects when nobody accepts the connection in time. */
  static async open(host: string, port: number): Promise<Conversation> {
    return new Conversation(await dialTcp(host, port, ANSWER_MS), `TCP ${host}:${port}`);
  }

  send(payload: Uint8Array): void {
    this.connection.send(this.channel?.seal(payload) ?? payload);
  }

  tell<N extends MessageName>(name: N, value: Partial<Messages[N]>): void {
    this.send(encodeMessage(name, value));
  }

  /** The next payload. Throws StepFault when none comes. */
  async receive(): Promise<Buffer> {
    const payload = this.payloads.shift() ?? (await this.next());
    return this.channel?.open(payload) ?? payload;
  }

  /** The next message. Throws StepFault when none comes. */
  async hearAny(): Promise<RendezvousMessage> {
    return decodeMessage(await this.receive());
  }

  /** The next message, which must be this one. Throws StepFault when it is another one or none. */
  async hear<N extends MessageName>(name: N): Promise<Messages[N]> {
    const message = await this.hearAny();
    if (message.name === name) return message.value as Messages[N];
    throw new StepFault('broken', `${this.place} answered with ${message.name}`);
  }

  /**
   * The client's half of secure TCP (protocol 5.6): stays silent until the server offers a key. Throws
   * StepFault('foreign') when another server than the one with `serverKey` has signed the offer.
   */
  async secure(serverKey: Uint8Array): Promise<void> {
    const { keys } = await this.hear('keyExchange');
    const theirKey = openSigned(keys[0] ?? Buffer.alloc(0), serverKey);
    if (theirKey?.length !== KEY_BYTES) {
      throw new StepFault('foreign', `${this.place} signs with another key than this server's`);
    }
    const { publicKey, secretKey } = newBoxKeyPair();
    const sessionKey = randomBytes(KEY_BYTES);
    this.tell('keyExchange', {
      keys: [publicKey, sealSessionKey(sessionKey, theirKey, secretKey)],
    });
    this.channel = new SecureChannel(sessionKey);
  }

  close(): void {
    this.connection.close('done');
  }

  private push(payload: Buffer): void {
    if (this.waiter === undefined) this.payloads.push(payload);
    else this.waiter.took(payload);
  }

  private next(): Promise<Buffer> {
    if (this.connection.closed) return Promise.reject(this.hungUp());
    return new Promise<Buffer>((resolve, reject) => {
      const failed = (fault: StepFault): void => {
        clearTimeout(timer);
        this.waiter = undefined;
        reject(fault);
      };
      const took = (payload: Buffer): void => {
        clearTimeout(timer);
        this.waiter = undefined;
        resolve(payload);
      };
      const late = new StepFault('silent', `${this.place} does not answer`);
      const timer = setTimeout(() => failed(late), ANSWER_MS);
      this.waiter = { took, failed };
    });
  }

  private hungUp(): StepFault {
    return new StepFault('closed', `${this.place} hung up without an answer`);
  }
}

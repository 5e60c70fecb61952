import { DEFAULT_LIMIT_BYTES } from '@waystation/net';
import type { Connection, TcpConnection } from '@waystation/net';
import { WireError, decodeMessage, formatAddress } from '@waystation/wire';
import type { RendezvousMessage, SocketAddress } from '@waystation/wire';
import { CALL_BODY_LIMIT_BYTES } from './api-calls.js';
import type { BriefMap } from './brief-map.js';
import { Caller, type Callers } from './callers.js';
import type { Context } from './context.js';
import type { Transport } from './counters.js';
import { dispatch } from './dispatch.js';
import { abandon } from './finish.js';
import type { KeyOffers } from './key-offer.js';
import type { LiveSession } from './live-sessions.js';
import type { Peer } from './peer.js';
import { ProtocolError, type DropReason } from './protocol-error.js';
import { RegisteredConnection } from './registered-connection.js';
import { SecureSession } from './secure-session.js';
import type { Sender, StreamSender } from './sender.js';

/** A device whose registration was refused for now repeats it on this connection (protocol 6.3 step 10). */
const REFUSED_IDLE_MS = 90_000;
/** A call to the api: its body, its headers and its path. */
const CALL_LIMIT_BYTES = CALL_BODY_LIMIT_BYTES + DEFAULT_LIMIT_BYTES;
/** Messages of one connection that may be in work at once. */
const RUNNING_LIMIT = 16;

let lastNumber = 0;

/** What sessions share. */
export interface SessionParts {
  readonly ctx: Context;
  readonly callers: Callers;
  /** Every connection that is open now, by a number of its own. */
  readonly open: BriefMap<number, Connection>;
  readonly offers: KeyOffers;
  readonly idleMs: number;
  readonly heartbeatMs: number;
  readonly secureDelayMs: number;
}

/** One client's connection on TCP p, TCP p-1 or WebSocket p+2: bytes in, messages to `dispatch`. */
export class ClientSession implements Sender, StreamSender {
  readonly remote: SocketAddress;
  private readonly number = (lastNumber += 1);
  private readonly secure: SecureSession | undefined;
  private keepAlive: RegisteredConnection | undefined;
  private waitingCaller: Caller | undefined;
  private peer: Peer | undefined;
  private live: LiveSession | undefined;
  private awaitsLarge = false;
  private running = 0;

  private constructor(
    private readonly connection: Connection,
    readonly kind: 'tcp' | 'ws',
    private readonly isNatTest: boolean,
    private readonly parts: SessionParts,
    secure: boolean,
  ) {
    this.remote = connection.remote;
    connection.idleMs = parts.idleMs;
    const send = (payload: Uint8Array): void => void connection.send(payload);
    this.secure = secure ? new SecureSession(parts.offers, parts.secureDelayMs, send) : undefined;
    parts.open.set(this.number, connection);
    connection.onClose((reason) => this.closed(reason));
  }

  /** TCP p: plain or secured. */
  static tcp(connection: TcpConnection, parts: SessionParts): void {
    const session = new ClientSession(connection, 'tcp', false, parts, parts.ctx.server.signs);
    connection.onFirstByte(() => session.secure?.clientSpoke());
    session.listen();
  }

  /** TCP p-1: the second half of the NAT test, and online queries. */
  static nat(connection: TcpConnection, parts: SessionParts): void {
    new ClientSession(connection, 'tcp', true, parts, false).listen();
  }

  /** WebSocket p+2: never secured (protocol 5.6). */
  static ws(connection: Connection, parts: SessionParts): void {
    new ClientSession(connection, 'ws', false, parts, false).listen();
  }

  /** What `dispatch` sees: on p-1 another transport than on p, and nothing to converse on. */
  get stream(): StreamSender | undefined {
    return this.isNatTest ? undefined : this;
  }

  get secured(): boolean {
    return this.kind === 'ws' || this.secure?.secured === true;
  }

  reply(message: Uint8Array): void {
    this.connection.send(this.secure === undefined ? message : this.secure.seal(message));
  }

  push(message: Uint8Array): void {
    this.reply(message);
  }

  close(reason: string): void {
    // A registered channel outlives what else is asked on it; only its own reasons end it.
    if (reason === 'done' && (this.peer !== undefined || this.live !== undefined)) return;
    this.connection.close(reason);
  }

  caller(): Caller {
    const { ctx, callers } = this.parts;
    if (this.waitingCaller !== undefined) return this.waitingCaller;
    callers.added();
    this.waitingCaller = new Caller(this.remote, this.kind, (m) => this.reply(m), ctx.clock);
    return this.waitingCaller;
  }

  registered(peer: Peer): void {
    if (this.connection.closed) return void this.parts.ctx.peers.disconnected(peer);
    const former = this.peer;
    this.peer = peer;
    if (former !== undefined && former.id !== peer.id) this.parts.ctx.peers.disconnected(former);
    this.stay();
  }

  follow(session: LiveSession): void {
    if (this.connection.closed) return session.ended('closed');
    this.live?.ended('replaced');
    this.live = session;
    this.stay();
  }

  refused(): void {
    if (this.peer === undefined)
      this.connection.idleMs = Math.max(REFUSED_IDLE_MS, this.parts.idleMs);
  }

  /** From an idle limit to heartbeats. */
  private stay(): void {
    this.connection.idleMs = 0;
    this.keepAlive ??= new RegisteredConnection(this.connection, this.parts.heartbeatMs);
  }

  private listen(): void {
    this.connection.onMessage((payload) => {
      try {
        this.receive(payload);
      } catch (error) {
        this.fail(error);
      }
    });
  }

  private receive(payload: Buffer): void {
    const { ctx } = this.parts;
    this.keepAlive?.heard();
    const plain = this.secure === undefined ? payload : this.secure.open(payload);
    // The echo of a heartbeat; on other connections it means nothing either.
    if (plain.length === 0) return;
    const message = decodeMessage(plain);
    if (message.name === 'keyExchange' && this.secure !== undefined) {
      this.secure.accept(message.value);
      this.awaitsLarge = ctx.api.awaitLarge();
      if (this.awaitsLarge) this.connection.limitBytes = CALL_LIMIT_BYTES;
      return;
    }
    this.secure?.declined();
    this.endLarge();
    this.handle(message);
  }

  /** Only the first message on a secured channel may be a large call to the api. */
  private endLarge(): void {
    if (!this.awaitsLarge) return;
    this.awaitsLarge = false;
    this.connection.limitBytes = DEFAULT_LIMIT_BYTES;
    this.parts.ctx.api.largeOver();
  }

  private handle(message: RendezvousMessage): void {
    if (this.running >= RUNNING_LIMIT) throw new ProtocolError('busy');
    const { ctx } = this.parts;
    const running = dispatch(ctx, message, this.isNatTest ? natView(this) : this);
    if (running === undefined) return;
    this.running += 1;
    void running.finally(() => {
      this.running -= 1;
    });
  }

  private fail(error: unknown): void {
    const { ctx } = this.parts;
    const reason = reasonOf(error);
    if (reason === 'handler-failed') ctx.log.error('a message failed', { error });
    ctx.counters.drop(reason);
    this.connection.close(reason);
  }

  private closed(reason: string): void {
    const { ctx, callers, open } = this.parts;
    open.delete(this.number);
    this.secure?.stop();
    this.keepAlive?.stop();
    this.live?.ended(reason);
    this.endLarge();
    if (this.waitingCaller !== undefined) {
      callers.remove(this.waitingCaller);
      abandon(ctx, this.waitingCaller, reason);
    }
    if (this.peer === undefined) return;
    ctx.peers.disconnected(this.peer);
    const address = formatAddress(this.remote);
    ctx.log.debug('a registered connection ended', { peer: this.peer.id, address, reason });
  }
}

/** The same session as the message table sees it on p-1. */
function natView(session: ClientSession): Sender {
  const kind: Transport = 'nat';
  return {
    kind,
    remote: session.remote,
    stream: undefined,
    reply: (message) => session.reply(message),
    close: (reason) => session.close(reason),
  };
}

function reasonOf(error: unknown): DropReason {
  if (error instanceof ProtocolError) return error.code;
  if (!(error instanceof WireError)) return 'handler-failed';
  return error.code === 'empty' || error.code === 'mac' ? error.code : 'undecodable';
}

import { TcpConnection } from '@waystation/net';
import type { Connection, WsConnection } from '@waystation/net';
import { endReasonOf, wsCodeOf } from './end-reason.js';
import type { EndReason } from './end-reason.js';
import type { Leg } from './leg.js';
import type { RelayLimits } from './limits.js';
import type { Path, PathEnded } from './path.js';

interface FramedEnd {
  readonly connection: TcpConnection | WsConnection;
  early: readonly Buffer[];
  /** Taken from it for the other side. */
  bytes: number;
}

/**
 * Two legs of which at least one is a WebSocket: every frame or binary message becomes one frame or
 * message on the other side, because the peers count them for their encryption. Empty ones are not
 * passed on (protocol 7.3).
 */
export class FramedPair implements Path {
  readonly kind = 'framed';
  readonly #first: FramedEnd;
  readonly #second: FramedEnd;
  readonly #queueBytes: number;
  readonly #ended: PathEnded;
  #isOver = false;

  constructor(first: Leg, second: Leg, limits: RelayLimits, ended: PathEnded) {
    this.#first = framedEnd(first, limits);
    this.#second = framedEnd(second, limits);
    this.#queueBytes = limits.queueBytes;
    this.#ended = ended;
  }

  get bytes(): number {
    return this.#first.bytes + this.#second.bytes;
  }

  get ways(): [number, number] {
    return [this.#first.bytes, this.#second.bytes];
  }

  get activity(): number {
    return this.#first.connection.bytesRead + this.#second.connection.bytesRead;
  }

  start(): void {
    const [a, b] = [this.#first.connection, this.#second.connection];
    a.onClose((reason) => this.#over(b, endReasonOf(reason)));
    b.onClose((reason) => this.#over(a, endReasonOf(reason)));
    this.#connect(this.#first, b);
    this.#connect(this.#second, a);
  }

  stop(reason: EndReason): void {
    this.#isOver = true;
    this.#first.connection.close(reason, wsCodeOf(reason));
    this.#second.connection.close(reason, wsCodeOf(reason));
  }

  #connect(end: FramedEnd, to: Connection): void {
    const { connection: from, early } = end;
    end.early = [];
    to.onDrain(() => from.resume());
    for (const payload of early) this.#pass(end, to, payload);
    from.onMessage((payload) => this.#pass(end, to, payload));
    if (to.bytesBuffered <= this.#queueBytes) from.resume();
  }

  #pass(from: FramedEnd, to: Connection, payload: Buffer): void {
    if (payload.length === 0) return;
    from.bytes += payload.length;
    to.send(payload);
    if (to.bytesBuffered > this.#queueBytes) from.connection.pause();
  }

  #over(other: Connection, reason: EndReason): void {
    if (this.#isOver) return;
    this.#isOver = true;
    other.close(reason, wsCodeOf(reason));
    this.#ended(reason);
  }
}

/** The session watches idleness itself, and a slow link may take its time for a large message. */
function framedEnd(leg: Leg, limits: RelayLimits): FramedEnd {
  const end = leg.kind === 'ws' ? { ...leg.take(), bytes: 0 } : fromStream(leg);
  end.connection.limitBytes = limits.messageBytes;
  end.connection.idleMs = 0;
  end.connection.frameMs = 0;
  return end;
}

function fromStream(leg: Leg & { kind: 'tcp' }): FramedEnd {
  const { stream, early } = leg.take();
  stream.readLarge();
  return { connection: new TcpConnection(stream, leg.remote, early), early: [], bytes: 0 };
}

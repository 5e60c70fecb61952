import { TcpConnection } from '@waystation/net';
import type { Connection, WsConnection } from '@waystation/net';
import type { Meter } from './bandwidth.js';
import { Brake } from './brake.js';
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
  readonly brake: Brake;
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

  constructor(first: Leg, second: Leg, limits: RelayLimits, meter: Meter, ended: PathEnded) {
    this.#first = framedEnd(first, limits, meter);
    this.#second = framedEnd(second, limits, meter);
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
    this.#stopBoth();
    this.#first.connection.close(reason, wsCodeOf(reason));
    this.#second.connection.close(reason, wsCodeOf(reason));
  }

  #connect(end: FramedEnd, to: Connection): void {
    const { connection: from, early, brake } = end;
    end.early = [];
    to.onDrain(() => brake.drained());
    for (const payload of early) this.#pass(end, to, payload);
    from.onMessage((payload) => this.#pass(end, to, payload));
    brake.release();
  }

  #pass(from: FramedEnd, to: Connection, payload: Buffer): void {
    if (payload.length === 0) return;
    from.bytes += payload.length;
    to.send(payload);
    if (to.bytesBuffered > this.#queueBytes) from.brake.full();
    from.brake.passed(payload.length);
  }

  #over(other: Connection, reason: EndReason): void {
    if (this.#isOver) return;
    this.#stopBoth();
    other.close(reason, wsCodeOf(reason));
    this.#ended(reason);
  }

  #stopBoth(): void {
    this.#isOver = true;
    this.#first.brake.end();
    this.#second.brake.end();
  }
}

/** The session watches idleness itself, and a slow link may take its time for a large message. */
function framedEnd(leg: Leg, limits: RelayLimits, meter: Meter): FramedEnd {
  const { connection, early } = leg.kind === 'ws' ? leg.take() : fromStream(leg);
  connection.limitBytes = limits.messageBytes;
  connection.idleMs = 0;
  connection.frameMs = 0;
  return { connection, early, bytes: 0, brake: new Brake(connection, meter) };
}

function fromStream(leg: Leg & { kind: 'tcp' }) {
  const { stream, early } = leg.take();
  stream.readLarge();
  return { connection: new TcpConnection(stream, leg.remote, early), early: [] };
}

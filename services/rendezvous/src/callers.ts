import { randomBytes } from 'node:crypto';
import { formatAddress, mangleAddress } from '@waystation/wire';
import type { SocketAddress } from '@waystation/wire';
import type { Clock } from './clock.js';
import type { DropReason } from './protocol-error.js';
import type { Outcome } from './refusals.js';

/** Messages by which a callee answers. */
export type AnswerKind = 'punchHoleSent' | 'localAddr' | 'relayResponse';

/** One try of a caller to reach a callee. */
export interface Attempt {
  /** Names the attempt in logs and tickets. */
  readonly name: string;
  /** Names it in signals, for its caller's replica only. */
  readonly number: number;
  /** Id of the callee. */
  readonly callee: string;
  readonly asked: 'punch' | 'relay';
  /** The caller's mangled address as it was pushed, with a random cookie; answers must repeat it. */
  readonly address: Buffer;
  readonly startedMs: number;
  /** Relay uuid, once one is known. */
  uuid: string;
  /** The callee's signed id, for the caller; undefined when there is none. */
  signed: Buffer | undefined;
  /** Kinds that have answered since the caller last asked. */
  readonly answered: Set<AnswerKind>;
  outcome: Outcome | undefined;
}

/** Different callees one connection may ask for; stock clients ask for one. */
const ATTEMPTS_PER_CALLER = 8;

let lastNumber = 0;

/** Fits 32 bits and is never 0; long before it comes round, the attempt of that number is over. */
function nextNumber(): number {
  lastNumber = (lastNumber % 0xffffffff) + 1;
  return lastNumber;
}

/** A caller's connection and its attempts. */
export class Caller {
  /** Text `ip:port`, unique among all live callers. */
  readonly key: string;
  private readonly attempts = new Map<string, Attempt>();

  constructor(
    readonly remote: SocketAddress,
    readonly transport: 'tcp' | 'ws',
    readonly send: (message: Uint8Array) => void,
    private readonly clock: Clock,
  ) {
    this.key = formatAddress(remote);
  }

  /**
   * The attempt to reach `callee`. A repeated request takes up the earlier one with the same address
   * bytes, and may be answered again. Undefined: this connection asks for too many callees.
   */
  attempt(callee: string, asked: 'punch' | 'relay'): Attempt | undefined {
    const known = this.attempts.get(`${asked} ${callee}`);
    if (known !== undefined) {
      known.answered.clear();
      return known;
    }
    if (this.attempts.size >= ATTEMPTS_PER_CALLER) return undefined;
    const fresh: Attempt = {
      name: randomBytes(8).toString('hex'),
      number: nextNumber(),
      callee,
      asked,
      address: mangleAddress(this.remote, randomBytes(4).readUInt32LE()),
      startedMs: this.clock(),
      uuid: '',
      signed: undefined,
      answered: new Set(),
      outcome: undefined,
    };
    this.attempts.set(`${asked} ${callee}`, fresh);
    return fresh;
  }

  /** The attempt by its number. */
  byNumber(number: number): Attempt | undefined {
    return this.all().find((attempt) => attempt.number === number);
  }

  all(): Attempt[] {
    return [...this.attempts.values()];
  }

  /**
   * The attempt that an answer belongs to, or why there is none (protocol 6.8 "Authenticity"). An
   * answer counts once per kind; its address bytes must be the pushed ones, except in LocalAddr,
   * which the callee encodes anew.
   */
  match(kind: AnswerKind, callee: string, address: Uint8Array): Attempt | DropReason {
    const named = this.all().filter((attempt) => callee === '' || attempt.callee === callee);
    if (named.length === 0 || (callee === '' && kind !== 'relayResponse')) return 'no-attempt';
    const exact =
      kind === 'localAddr'
        ? named.find((attempt) => attempt.asked === 'punch')
        : named.find((attempt) => attempt.address.equals(address));
    if (exact === undefined) return 'altered-address';
    if (exact.answered.has(kind)) return 'answered-already';
    return exact;
  }
}

/** The callers whose connections this replica holds, by `ip:port`. */
export class Callers {
  private readonly callers = new Map<string, Caller>();

  get size(): number {
    return this.callers.size;
  }

  /** A later connection from the same address takes the place of an earlier one. */
  add(caller: Caller): void {
    this.callers.set(caller.key, caller);
  }

  find(key: string): Caller | undefined {
    return this.callers.get(key);
  }

  remove(caller: Caller): void {
    if (this.callers.get(caller.key) === caller) this.callers.delete(caller.key);
  }
}

import { randomBytes } from 'node:crypto';
import { formatAddress, mangleAddress } from '@waystation/wire';
import type { SocketAddress } from '@waystation/wire';
import { Attempt, type AnswerKind } from './attempt.js';
import type { Clock } from './clock.js';
import type { DropReason } from './protocol-error.js';

/** Different callees one connection may ask for; stock clients ask for one. */
const ATTEMPTS_PER_CALLER = 8;

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
   * The attempt to reach `callee`. A repeated request takes up the earlier one; after its outcome it
   * begins another one with the same address bytes. Undefined: this connection asks for too many callees.
   */
  attempt(callee: string, asked: 'punch' | 'relay'): Attempt | undefined {
    const key = `${asked} ${callee}`;
    const known = this.attempts.get(key);
    const nowMs = this.clock();
    if (known !== undefined && known.outcome === undefined) {
      known.answered.clear();
      known.step('asked-again', nowMs);
      return known;
    }
    if (known === undefined && this.attempts.size >= ATTEMPTS_PER_CALLER) return undefined;
    const address = known?.address ?? mangleAddress(this.remote, randomBytes(4).readUInt32LE());
    const fresh = new Attempt(callee, asked, address, nowMs);
    this.attempts.set(key, fresh);
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

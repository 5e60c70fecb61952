import { randomInt } from 'node:crypto';
import { formatAddress, mangleAddress } from '@waystation/wire';
import type { SocketAddress } from '@waystation/wire';
import { Attempt, type AnswerKind } from './attempt.js';
import { BriefMap } from './brief-map.js';
import type { Clock } from './clock.js';
import type { DropReason } from './protocol-error.js';

/** Different callees one connection may ask for; stock clients ask for one. */
const ATTEMPTS_PER_CALLER = 8;

/** A caller's connection and its attempts. */
export class Caller {
  /** Text `ip:port`. */
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
    const address = known?.address ?? mangleAddress(this.remote, randomInt(2 ** 32));
    const fresh = new Attempt(callee, asked, address, nowMs);
    this.attempts.set(key, fresh);
    return fresh;
  }

  /**
   * The name under which answers to this attempt find this caller, on whichever replica they arrive. The
   * port of a WebSocket caller is made up by its own replica and may be another caller's elsewhere, so
   * it waits under the address bytes with their random part; what it is pushed to is never asked to
   * encode them anew. All others wait under `ip:port`, which nobody else has. (IPv6 has no random
   * part, and hardly ever two clients behind one address.)
   */
  waitingKey(attempt: Attempt): string {
    return this.transport === 'ws' ? bytesKey(attempt.address) : this.key;
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

/** The callers whose connections this replica holds, and what they wait under. */
export class Callers {
  private count = 0;
  private readonly waiting = new BriefMap<string, Caller>();

  /** Callers that were added and not removed. */
  get size(): number {
    return this.count;
  }

  /** A connection has become a caller; `remove` follows when it closes. */
  added(): void {
    this.count += 1;
  }

  /** From now on answers to this attempt find its caller; the key to look for elsewhere. */
  expect(caller: Caller, attempt: Attempt): string {
    const key = caller.waitingKey(attempt);
    this.waiting.set(key, caller);
    return key;
  }

  find(key: string): Caller | undefined {
    return this.waiting.get(key);
  }

  remove(caller: Caller): void {
    this.count -= 1;
    for (const attempt of caller.all()) {
      const key = caller.waitingKey(attempt);
      if (this.waiting.get(key) === caller) this.waiting.delete(key);
    }
  }
}

/** What an answer with these address bytes is looked for under, see Caller.waitingKey. */
export function bytesKey(address: Uint8Array): string {
  return Buffer.from(address.buffer, address.byteOffset, address.length).toString('hex');
}

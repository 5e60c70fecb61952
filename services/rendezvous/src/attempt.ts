import { randomUUID } from 'node:crypto';
import type { TokenOwner } from '@waystation/state';
import type { Outcome } from './refusals.js';

/** Messages by which a callee answers. */
export type AnswerKind = 'punchHoleSent' | 'localAddr' | 'relayResponse';

/** What happens during an attempt, for its record. */
export type StepName = 'found' | 'pushed' | 'asked-again' | AnswerKind;

/** A step and the milliseconds from the beginning of the attempt to it. */
export type Step = readonly [name: StepName, afterMs: number];

/** Steps that a record tells; a client that repeats itself for ever makes no longer record. */
const STEPS_LIMIT = 16;

let lastNumber = 0;

/** Fits 32 bits and is never 0; long before it comes round, the attempt of that number is over. */
function nextNumber(): number {
  lastNumber = (lastNumber % 0xffffffff) + 1;
  return lastNumber;
}

/** 64 random bits as 16 hex digits: those ends of a UUID that have no fixed bits. It makes many in one go. */
function newName(): string {
  const uuid = randomUUID();
  return uuid.slice(0, 8) + uuid.slice(-8);
}

/** One try of a caller to reach a callee: one id, one outcome. */
export class Attempt {
  /** Names the attempt in logs, tickets, records and in what the client shows. */
  readonly name = newName();
  /** Names it in signals, for its caller's replica only. */
  readonly number = nextNumber();
  /** Milliseconds since 1970. */
  readonly startedAt = Date.now();
  /** Relay uuid, once one is known. */
  uuid = '';
  /** The callee's signed id, for the caller; undefined when there is none. */
  signed: Buffer | undefined;
  /** The address that the callee is registered with; empty until it is found. */
  calleeIp = '';
  /** The callee was told the caller's UDP port, so that it answers by a datagram. */
  byUdp = false;
  /** The caller is the prober of this stack: no user's attempt, so it is counted apart and not recorded. */
  isProbe = false;
  /** Who the caller is logged in as, if that is known. */
  user: TokenOwner | undefined;
  /** What the callee is told to allow the caller, as ControlPermissions has it; 0 tells it nothing. */
  permissions = 0n;
  /** Kinds that have answered since the caller last asked. */
  readonly answered = new Set<AnswerKind>();
  outcome: Outcome | undefined;
  readonly steps: Step[] = [];

  /**
   * @param address the caller's mangled address as it is pushed, with a random cookie; answers repeat it
   * @param startedMs reading of the replica's clock
   */
  constructor(
    readonly callee: string,
    readonly asked: 'punch' | 'relay',
    readonly address: Buffer,
    readonly startedMs: number,
  ) {}

  step(name: StepName, nowMs: number): void {
    if (this.steps.length < STEPS_LIMIT) this.steps.push([name, this.age(nowMs)]);
  }

  /** Whole milliseconds since it began. */
  age(nowMs: number): number {
    return Math.round(nowMs - this.startedMs);
  }
}

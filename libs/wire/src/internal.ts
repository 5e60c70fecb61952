import type { Buffer } from 'node:buffer';
import { MessageShape, type Fields } from './message-shape.js';
import { messageType } from './schema.js';
import { WireError } from './wire-error.js';

/** Send `message` to the callee `id`, which the receiver holds. */
export interface PushSignal {
  id: string;
  /** Generation of the channel in presence; 0 means any. */
  transportGeneration: number;
  message: Buffer;
  /** What the caller waits under: text "ip:port", or its address bytes; empty when nobody waits. */
  caller: string;
  attempt: number;
}

/** The callee `id` is not at the replica that was asked. */
export interface UndeliveredSignal {
  caller: string;
  attempt: number;
  id: string;
}

/** A callee's answer for a caller that the receiver holds. */
export interface AnswerSignal {
  /** What it waits under, as in PushSignal. */
  caller: string;
  attempt: number;
  /** Union name of `message`: punchHoleSent, localAddr or relayResponse. */
  kind: string;
  observedIp: string;
  observedPort: number;
  message: Buffer;
  /** It came as a datagram: the observed address is where the callee expects datagrams. */
  byUdp: boolean;
}

/** A newer channel of the callee `id` exists elsewhere: close the one of `generation`. */
export interface EvictSignal {
  id: string;
  generation: number;
}

/** Every body of a Signal, by its name. */
export interface Signals {
  push: PushSignal;
  undelivered: UndeliveredSignal;
  answer: AnswerSignal;
  evict: EvictSignal;
}

export type SignalName = keyof Signals;

/** What one replica tells another; `from` is the replica id of the sender. */
export type Signal = {
  [N in SignalName]: { readonly from: string; readonly name: N; readonly value: Signals[N] };
}[SignalName];

const shape = new MessageShape(messageType('waystation.Signal'));
const signalNames: readonly SignalName[] = ['push', 'undelivered', 'answer', 'evict'];

export function encodeSignal(signal: Signal): Buffer {
  const fields: Fields = { from: signal.from, [signal.name]: signal.value };
  return shape.encode(fields);
}

/**
 * Throws WireError('undecodable') for bytes that are no Signal and WireError('empty') for a Signal of
 * a kind that this version does not know.
 */
export function decodeSignal(bytes: Uint8Array): Signal {
  const fields = shape.decode(bytes);
  for (const name of signalNames) {
    const value = fields[name];
    if (value !== undefined) return { from: fields['from'], name, value } as unknown as Signal;
  }
  throw new WireError('empty', 'no known signal inside');
}

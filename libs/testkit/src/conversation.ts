import {
  decodeMessage,
  encodeMessage,
  WireError,
  type MessageName,
  type Messages,
  type RendezvousMessage,
} from '@waystation/wire';
import type { Leg } from './leg.js';

/** What a client makes of the next payload: a message, an empty one, garbage, or the end. */
export type Heard =
  | RendezvousMessage
  | { readonly name: 'empty' }
  | { readonly name: 'undecodable' }
  | { readonly name: 'ended' };

/** Sends one rendezvous message. */
export function tell<N extends MessageName>(
  leg: Leg,
  name: N,
  value: Partial<Messages[N]>,
): Promise<void> {
  return leg.send(encodeMessage(name, value));
}

/** The next message. Rejects with NothingCame after `timeoutMs`. */
export async function hear(leg: Leg, timeoutMs?: number): Promise<Heard> {
  const payload = await leg.receive(timeoutMs);
  if (!payload) return { name: 'ended' };
  return interpret(payload);
}

/** Decodes one payload the way a client does: nothing about it is an error, it is only not an answer. */
export function interpret(payload: Buffer): Heard {
  if (payload.length === 0) return { name: 'empty' };
  try {
    return decodeMessage(payload);
  } catch (error) {
    if (error instanceof WireError) return { name: 'undecodable' };
    throw error;
  }
}

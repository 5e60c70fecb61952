import type { Buffer } from 'node:buffer';
import { MessageShape } from './message-shape.js';
import type { MessageName, Messages, RendezvousMessage } from './messages.js';
import { messageType } from './schema.js';
import { WireError } from './wire-error.js';

const envelope = new MessageShape(messageType('hbb.RendezvousMessage'));

/** Every name that a RendezvousMessage can have, in the order of their numbers. */
export const messageNames = messageType('hbb.RendezvousMessage').fieldsArray.map(
  (field) => field.name,
) as readonly MessageName[];

/**
 * Decodes one RendezvousMessage. Byte fields are views of `bytes`: copy what you keep. Throws
 * WireError('empty') when no member that we know is set (a zero-length payload is the heartbeat of TCP
 * and WebSocket connections) and WireError('undecodable') for anything else that is not a message.
 */
export function decodeMessage(bytes: Uint8Array): RendezvousMessage {
  if (bytes.length === 0) throw new WireError('empty', 'no bytes');
  const member = envelope.decodeMember(bytes, 'union');
  if (member === undefined) throw new WireError('empty', 'no known message inside');
  return member as RendezvousMessage;
}

/**
 * Encodes the message `name`; fields left out get their proto3 default. A value that came from
 * decodeMessage takes the fields unknown to us along.
 */
export function encodeMessage<N extends MessageName>(name: N, value: Partial<Messages[N]>): Buffer {
  return envelope.encodeMember(name, value);
}

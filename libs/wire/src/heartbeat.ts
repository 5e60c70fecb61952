import { Buffer } from 'node:buffer';
import { asBuffer } from './message-shape.js';
import type { RegisterPeer } from './messages.js';

/** RegisterPeerResponse{}: all is well. Shared: never write to it. */
export const REGISTER_PEER_KNOWN = Buffer.from('3a00', 'hex');

/** RegisterPeerResponse{request_pk}: send RegisterPk now. Shared: never write to it. */
export const REGISTER_PEER_NEEDS_PK = Buffer.from('3a021001', 'hex');

const REGISTER_PEER_TAG = 0x32;
const ID_TAG = 0x0a;
const SERIAL_TAG = 0x10;

/**
 * Reads the heartbeat as clients send it: RegisterPeer with an ASCII id below 128 bytes, then perhaps a
 * serial below 128, and nothing else. Undefined for any other bytes, a RegisterPeer in an unusual but
 * legal form included: give those to decodeMessage. Exists because this is by far the most frequent
 * datagram; it must never disagree with decodeMessage.
 */
export function decodeRegisterPeer(bytes: Uint8Array): RegisterPeer | undefined {
  const length = bytes.length;
  if (length < 5 || bytes[0] !== REGISTER_PEER_TAG || bytes[1] !== length - 2) return undefined;
  if (bytes[2] !== ID_TAG) return undefined;
  const idBytes = bytes[3] ?? 0;
  const idEnd = 4 + idBytes;
  const serial = serialAt(bytes, idEnd);
  if (idBytes >= 0x80 || length >= 0x80 || serial === undefined) return undefined;
  for (let index = 4; index < idEnd; index += 1) {
    if ((bytes[index] ?? 0x80) >= 0x80) return undefined;
  }
  return { id: asBuffer(bytes).toString('latin1', 4, idEnd), serial };
}

function serialAt(bytes: Uint8Array, start: number): number | undefined {
  if (bytes.length === start) return 0;
  const value = bytes[start + 1];
  const legal = bytes.length === start + 2 && bytes[start] === SERIAL_TAG;
  return legal && value !== undefined && value < 0x80 ? value : undefined;
}

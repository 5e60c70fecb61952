import { randomBytes } from 'node:crypto';
import { newBoxKeyPair, openSigned, sealSessionKey, SecureChannel } from '@waystation/wire';
import { hear, tell } from './conversation.js';
import { CLIENT_TIMEOUT_MS, type Leg } from './leg.js';

// Ed25519 and X25519 keys and the session key are all of this size (protocol 5.6).
const KEY_BYTES = 32;

/** The offer was not signed with the key this client is configured with. */
export class SignatureMismatch extends Error {
  constructor() {
    super('Signature mismatch in key exchange');
  }
}

/**
 * The client's half of secure TCP: waits in silence for the server's offer and answers it.
 * Returns false when something else came (it is consumed, the talk goes on in plain text).
 * Rejects when nothing came within 18 s or the offer is not signed by `serverKey` (32 bytes).
 */
export async function secureTcp(leg: Leg, serverKey: Uint8Array): Promise<boolean> {
  const offer = await hear(leg, CLIENT_TIMEOUT_MS);
  if (offer.name !== 'keyExchange' || offer.value.keys.length !== 1) return false;
  if (serverKey.length !== KEY_BYTES) throw new SignatureMismatch();
  const theirKey = openSigned(offer.value.keys[0] ?? Buffer.alloc(0), serverKey);
  if (theirKey?.length !== KEY_BYTES) throw new SignatureMismatch();
  const { publicKey, secretKey } = newBoxKeyPair();
  const sessionKey = randomBytes(KEY_BYTES);
  const sealed = sealSessionKey(sessionKey, theirKey, secretKey);
  await tell(leg, 'keyExchange', { keys: [publicKey, sealed] });
  leg.secure(new SecureChannel(sessionKey));
  return true;
}

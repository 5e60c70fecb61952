import { Buffer } from 'node:buffer';
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import { asBuffer } from './message-shape.js';
import { WireError } from './wire-error.js';

/**
 * The encrypted session between a client and the rendezvous port. Every payload is a NaCl secretbox
 * whose nonce is a 64-bit little-endian counter, one per direction, raised before each use; both
 * directions share the key, as clients demand. Empty payloads stay in clear and leave the counters
 * alone: they are keep-alives.
 */
export class SecureChannel {
  readonly #key: Uint8Array;
  readonly #sealNonce = Buffer.alloc(24);
  readonly #openNonce = Buffer.alloc(24);

  /** @param key 32 bytes. Throws WireError('bad-key') for another length. */
  constructor(key: Uint8Array) {
    if (key.length !== 32) throw new WireError('bad-key', `a key of ${key.length} bytes, not 32`);
    this.#key = Uint8Array.from(key);
  }

  /** The payload to send: 16 bytes longer than `plain`, or empty when `plain` is. */
  seal(plain: Uint8Array): Buffer {
    if (plain.length === 0) return Buffer.alloc(0);
    raise(this.#sealNonce);
    return asBuffer(xsalsa20poly1305(this.#key, this.#sealNonce).encrypt(plain));
  }

  /**
   * The plain payload of a received one; 0 and 1 byte come back as they are, uncounted, like clients
   * do. Throws WireError('mac') for everything that the other side did not seal next.
   */
  open(sealed: Uint8Array): Buffer {
    if (sealed.length <= 1) return asBuffer(sealed);
    raise(this.#openNonce);
    try {
      return asBuffer(xsalsa20poly1305(this.#key, this.#openNonce).decrypt(sealed));
    } catch (cause) {
      throw new WireError('mac', 'the payload is not authentic', { cause });
    }
  }
}

function raise(nonce: Buffer): void {
  nonce.writeBigUInt64LE(nonce.readBigUInt64LE() + 1n);
}

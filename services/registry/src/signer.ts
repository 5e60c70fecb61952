import { encodeIdPk, signCombined, type SigningKeyPair } from '@waystation/wire';

const PUBLIC_KEY_BYTES = 32;
/** More keys in one call would hold up claims behind them. */
const MAX_BOX_KEYS = 256;

/** The only place where the secret key is used. */
export class Signer {
  readonly #pair: SigningKeyPair | undefined;

  /** Without a pair nothing is signed (protocol 5.2). */
  constructor(pair: SigningKeyPair | undefined) {
    this.#pair = pair;
  }

  get signs(): boolean {
    return this.#pair !== undefined;
  }

  /** Base64 of the public key, empty without one; tells which key signed. */
  get name(): string {
    return this.#pair?.publicKey.toString('base64') ?? '';
  }

  /** crypto_sign(IdPk{id, pk}) (protocol 5.4); empty without a signing key or without a pk. */
  signIdPk(id: string, pk: Uint8Array): Buffer {
    if (this.#pair === undefined || pk.length !== PUBLIC_KEY_BYTES) return Buffer.alloc(0);
    return signCombined(encodeIdPk(id, pk), this.#pair.secretKey);
  }

  /** Step 1 of secure TCP (protocol 5.6), 96 bytes for each key; empty if it cannot be done. */
  signBoxKeys(publicKeys: readonly Uint8Array[]): Buffer[] {
    const pair = this.#pair;
    if (pair === undefined || publicKeys.length > MAX_BOX_KEYS) return [];
    if (publicKeys.some((key) => key.length !== PUBLIC_KEY_BYTES)) return [];
    return publicKeys.map((key) => signCombined(key, pair.secretKey));
  }
}

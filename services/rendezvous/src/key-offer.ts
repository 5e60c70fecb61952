import type { Log } from '@waystation/ops';
import { newBoxKeyPair } from '@waystation/wire';

/** A single-use X25519 key pair whose public half the registry has signed. */
export interface OfferedKey {
  readonly secretKey: Uint8Array;
  /** 64 signature bytes followed by the 32-byte public key (protocol 5.6 step 1). */
  readonly signedPublicKey: Uint8Array;
}

/** Signs public keys in the order given; rejects when the registry does not answer. */
export type SignKeys = (publicKeys: Buffer[]) => Promise<readonly Uint8Array[]>;

/** Keys kept ready, and the share of it that makes one refill. */
const READY_KEYS = 128;
const BATCH_KEYS = 32;
const RETRY_MS = 1000;

/**
 * Signed key pairs kept ready, so that a silent client gets its offer without a call to the
 * registry. Each is given out once. Without a signing key at the registry the pool stays empty.
 */
export class KeyOffers {
  private readonly ready: OfferedKey[] = [];
  private refilling = false;
  private stopped = true;
  private retry: NodeJS.Timeout | undefined;
  /** Somebody has asked in vain. */
  private lacking = false;

  constructor(
    private readonly sign: SignKeys,
    private readonly log: Pick<Log, 'info' | 'warn'>,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Begins to fill the pool. */
  start(): void {
    this.stopped = false;
    void this.refill();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.retry);
  }

  /** How many pairs are ready. */
  get size(): number {
    return this.ready.length;
  }

  /** One pair for one connection; undefined when none is ready. */
  take(): OfferedKey | undefined {
    const key = this.ready.shift();
    if (key === undefined) this.lack();
    if (this.ready.length <= READY_KEYS - BATCH_KEYS) void this.refill();
    return key;
  }

  private async refill(): Promise<void> {
    if (this.refilling || this.stopped || this.retry !== undefined) return;
    this.refilling = true;
    try {
      while (!this.stopped && this.ready.length < READY_KEYS) {
        if ((await this.addBatch()) === 0) break;
      }
      if (this.ready.length === 0) this.tryLater();
    } catch (error) {
      this.failed(error);
      this.tryLater();
    } finally {
      this.refilling = false;
    }
  }

  private async addBatch(): Promise<number> {
    const pairs = Array.from({ length: BATCH_KEYS }, () => newBoxKeyPair());
    const signed = await this.sign(pairs.map((pair) => Buffer.from(pair.publicKey)));
    let added = 0;
    for (const [i, pair] of pairs.entries()) {
      const signedPublicKey = signed[i];
      if (signedPublicKey === undefined) continue;
      this.ready.push({ secretKey: pair.secretKey, signedPublicKey });
      added += 1;
    }
    if (this.lacking && added > 0) {
      this.lacking = false;
      this.log.info('keys for encrypted TCP are signed again');
    }
    return added;
  }

  private lack(): void {
    if (this.lacking) return;
    this.lacking = true;
    this.log.warn('no signed key is left: clients that want encrypted TCP wait for the registry');
  }

  private tryLater(): void {
    if (this.stopped) return;
    this.retry = setTimeout(() => {
      this.retry = undefined;
      void this.refill();
    }, RETRY_MS);
  }
}

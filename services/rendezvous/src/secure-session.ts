import { SecureChannel, encodeMessage, openSessionKey } from '@waystation/wire';
import type { KeyExchange } from '@waystation/wire';
import type { KeyOffers, OfferedKey } from './key-offer.js';
import { ProtocolError } from './protocol-error.js';

/** While no key is ready, how often to look again; the client waits 18 s (protocol 1.4). */
const RETRY_MS = 250;
const PUBLIC_KEY_BYTES = 32;
const SEALED_KEY_BYTES = 48;

type State = 'fresh' | 'plain' | 'offered' | 'secured';

/**
 * Secure TCP on one connection (protocol 5.6). A client that speaks first stays plain and is never
 * offered a key; one that is silent for `delayMs` gets the offer and may take it or not.
 */
export class SecureSession {
  private state: State = 'fresh';
  private timer: NodeJS.Timeout | undefined;
  private offer: OfferedKey | undefined;
  private channel: SecureChannel | undefined;

  constructor(
    private readonly offers: KeyOffers,
    delayMs: number,
    private readonly sendPlain: (payload: Uint8Array) => void,
  ) {
    this.timer = setTimeout(() => this.makeOffer(), delayMs);
  }

  get secured(): boolean {
    return this.channel !== undefined;
  }

  /** The client has sent its first byte. */
  clientSpoke(): void {
    if (this.state !== 'fresh') return;
    this.state = 'plain';
    this.stop();
  }

  /** What an inbound payload says; throws WireError('mac') when it does not authenticate. */
  open(payload: Buffer): Buffer {
    return this.channel === undefined ? payload : this.channel.open(payload);
  }

  /** What goes out for a message. */
  seal(message: Uint8Array): Uint8Array {
    return this.channel === undefined ? message : this.channel.seal(message);
  }

  /** A message other than KeyExchange: the client declined, if there was an offer. */
  declined(): void {
    if (this.state !== 'offered') return;
    this.state = 'plain';
    this.offer = undefined;
  }

  /** The client's half of the exchange. Throws ProtocolError when it is malformed or not expected. */
  accept(exchange: KeyExchange): void {
    if (this.state !== 'offered' || this.offer === undefined) {
      throw new ProtocolError('key-exchange-unexpected');
    }
    const [clientKey, sealedKey] = exchange.keys;
    if (
      exchange.keys.length !== 2 ||
      clientKey?.length !== PUBLIC_KEY_BYTES ||
      sealedKey?.length !== SEALED_KEY_BYTES
    ) {
      throw new ProtocolError('key-exchange-malformed');
    }
    const key = openSessionKey(sealedKey, clientKey, this.offer.secretKey);
    if (key === undefined) throw new ProtocolError('key-exchange-malformed');
    this.channel = new SecureChannel(key);
    this.offer = undefined;
    this.state = 'secured';
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private makeOffer(): void {
    if (this.state !== 'fresh') return;
    this.offer = this.offers.take();
    if (this.offer === undefined) {
      this.timer = setTimeout(() => this.makeOffer(), RETRY_MS);
      return;
    }
    this.state = 'offered';
    const keys = [Buffer.from(this.offer.signedPublicKey)];
    this.sendPlain(encodeMessage('keyExchange', { keys }));
  }
}

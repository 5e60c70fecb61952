import { createPublicKey, verify } from 'node:crypto';
import type { SwitchGrants as PublishedGrants } from '@waystation/state';
import type { SwitchGrantStore } from '../store/switch-grant-store.js';
import { type Fields, text } from '../http/fields.js';
import type { RegisteredDevices } from './registered-devices.js';

/** How far a device's clock may be off. */
const WINDOW_S = 60;
/** How long the other side has to connect back; the client's own token lives 10 s. */
const GRANT_MS = 30_000;
/** Longer than a signature could be sent again, so that a used one makes no second grant. */
export const SWITCH_GRANT_MEMORY_MS = 2 * WINDOW_S * 1000 + GRANT_MS;

/** What the client hears; with `server_time` it signs again, once. */
export interface SwitchGrantAnswer {
  readonly accepted: boolean;
  readonly server_time?: number;
}

/** Permissions to connect back after "switch sides", signed by the device that will be controlled. */
export class SwitchGrants {
  constructor(
    private readonly registered: RegisteredDevices,
    private readonly grants: SwitchGrantStore,
    /** Where the rendezvous takes them. */
    private readonly published: PublishedGrants,
  ) {}

  async request(fields: Fields): Promise<SwitchGrantAnswer> {
    const [id, verifier] = [text(fields, 'id', 253), text(fields, 'switch_code_verifier')];
    const [timestamp, signature] = [text(fields, 'timestamp', 20), text(fields, 'signature')];
    const now = Math.floor(Date.now() / 1000);
    if (verifier === '' || !/^\d{1,15}$/.test(timestamp)) return { accepted: false };
    if (Math.abs(Number(timestamp) - now) > WINDOW_S) return { accepted: false, server_time: now };
    const device = await this.registered.find(id).catch(() => undefined);
    if (device === undefined || device.disabled) return { accepted: false };
    const message = ['switch-grant', id, verifier, timestamp].join('\0');
    if (!isSignedBy(device.pk, message, signature)) return { accepted: false };
    const isNew = await this.grants.add(id, verifier, Date.now() + GRANT_MS);
    if (isNew) await this.published.add(id, verifier, GRANT_MS);
    return { accepted: true };
  }
}

function isSignedBy(publicKey: Buffer, message: string, signature: string): boolean {
  if (publicKey.length !== 32) return false;
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: publicKey.toString('base64url') };
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  return verify(null, Buffer.from(message), key, Buffer.from(signature, 'base64'));
}

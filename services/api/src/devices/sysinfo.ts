import type { DeviceStore } from '../store/device-store.js';
import type { DeviceTable } from '../store/device-tables.js';
import type { TokenStore } from '../store/token-store.js';
import { type Fields, optionalText, text } from '../http/fields.js';
import type { GenuineDevices, Genuineness } from './genuine-devices.js';
import type { Presets } from './presets.js';

/** The answers that clients compare byte for byte; any other makes them try again after 120 s. */
export const SYSINFO_UPDATED = 'SYSINFO_UPDATED';
export const ID_NOT_FOUND = 'ID_NOT_FOUND';
const REFUSALS = {
  unknown: ID_NOT_FOUND,
  'other-uuid': 'UUID_MISMATCH',
  unsure: 'TRY_LATER',
} as const satisfies Record<Exclude<Genuineness, 'genuine'>, string>;

const MAX_ID_CHARS = 253;
const NAMES = ['cpu', 'memory', 'os', 'hostname', 'username', 'version'] as const;

/** Takes what devices say about themselves, if the registry confirms that it is them. */
export class Sysinfo {
  constructor(
    private readonly devices: DeviceStore,
    private readonly genuine: GenuineDevices,
    private readonly tokens: TokenStore,
    private readonly presets: Presets,
  ) {}

  /** Returns the exact answer. */
  async take(fields: Fields, address: string): Promise<string> {
    const id = text(fields, 'id', MAX_ID_CHARS + 1);
    const uuid = text(fields, 'uuid');
    const verdict = await this.genuine.judge(id, uuid);
    if (verdict !== 'genuine') return REFUSALS[verdict];
    const now = Date.now();
    const found = { ...said(fields), sysinfo_at: now, last_seen_at: now, last_ip: address };
    const { guid, isNew } = await this.devices.save(id, uuid, found);
    if (isNew) await this.#giveToUser(id, uuid);
    await this.presets.apply(guid, fields);
    return SYSINFO_UPDATED;
  }

  /** Somebody may have signed in on the device before its first sysinfo. */
  async #giveToUser(id: string, uuid: string): Promise<void> {
    const userGuid = await this.tokens.userOn(id, uuid);
    if (userGuid !== undefined) await this.devices.adopt(id, uuid, userGuid);
  }
}

/** A field that is missing says nothing, so what is known stays. */
function said(fields: Fields): Partial<DeviceTable> {
  const texts: Partial<DeviceTable> = {};
  for (const name of NAMES) {
    const value = optionalText(fields, name);
    if (value !== undefined && value !== '') texts[name] = value;
  }
  return texts;
}

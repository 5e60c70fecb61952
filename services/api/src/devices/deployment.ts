import { type RegistryClient, RegistryUnavailable } from '@waystation/bus';
import { RegisterPkResult } from '@waystation/wire';
import { type Fields, text } from '../http/fields.js';
import { Refusal } from '../http/refusal.js';
import type { RegisteredDevices } from './registered-devices.js';

/** Words that the command line turns into its exit code. */
export type DeployResult = 'OK' | 'NOT_ENABLED' | 'INVALID_INPUT' | 'ID_TAKEN';

const PK_BYTES = 32;
const MAX_UUID_BYTES = 256;

/** Lets a device in that holds a token: its id, uuid and key are made known to the registry. */
export class Deployment {
  constructor(
    private readonly registered: RegisteredDevices,
    private readonly registry: RegistryClient,
    private readonly config: { readonly requireDeployment: boolean },
  ) {}

  /** The same request again is OK again. */
  async deploy(fields: Fields, ip: string): Promise<DeployResult> {
    if (!this.config.requireDeployment) return 'NOT_ENABLED';
    const id = text(fields, 'id', 254);
    const uuid = base64(text(fields, 'uuid', 512));
    const pk = base64(text(fields, 'pk'));
    if (!isId(id) || uuid === undefined || uuid.length > MAX_UUID_BYTES) return 'INVALID_INPUT';
    if (pk === undefined || pk.length !== PK_BYTES) return 'INVALID_INPUT';
    const owner = await this.registered.find(id);
    if (owner !== undefined && !owner.uuid.equals(uuid)) return 'ID_TAKEN';
    return this.#claim({ id, uuid, pk, ip, noRegisterDevice: false, isAdmitted: true });
  }

  async #claim(claim: Parameters<RegistryClient['claim']>[0]): Promise<DeployResult> {
    try {
      const { result } = await this.registry.claim(claim);
      if (result === RegisterPkResult.OK) return 'OK';
      if (result === RegisterPkResult.UUID_MISMATCH) return 'ID_TAKEN';
      if (result === RegisterPkResult.INVALID_ID_FORMAT) return 'INVALID_INPUT';
      throw new Refusal('The registry refuses this device for now');
    } catch (error) {
      if (error instanceof RegistryUnavailable) throw new Refusal('The registry does not answer');
      throw error;
    }
  }
}

/** Digits, or what a user may choose. */
function isId(id: string): boolean {
  return /^\d{6,16}$/.test(id) || /^[A-Za-z][A-Za-z0-9_-]{5,15}$/.test(id);
}

/** Undefined when the text is empty or no base64. */
function base64(text: string): Buffer | undefined {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : undefined;
}

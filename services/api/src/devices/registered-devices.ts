import type { Identities, Identity } from '@waystation/state';

/** Longer ids and uuids belong to nobody and are not worth a question. */
const MAX_CHARS = 253;

/** Who owns an id according to the registry, which rendezvous registration alone can change. */
export class RegisteredDevices {
  constructor(private readonly identities: Identities) {}

  /** Rejects when Redis cannot be asked. */
  async find(id: string): Promise<Identity | undefined> {
    return id === '' || id.length > MAX_CHARS ? undefined : this.identities.get(id);
  }

  /** Whether this uuid (base64, as clients send it) registered the id. Rejects as `find` does. */
  async owns(id: string, uuid: string): Promise<boolean> {
    if (uuid === '') return false;
    const identity = await this.find(id);
    return identity !== undefined && identity.uuid.toString('base64') === uuid;
  }
}

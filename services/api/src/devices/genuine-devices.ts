import type { Log } from '@waystation/ops';
import type { DeviceStore } from '../store/device-store.js';
import type { RegisteredDevices } from './registered-devices.js';

/** `unknown`: nobody has registered the id; `unsure`: nobody can say right now. */
export type Genuineness = 'genuine' | 'unknown' | 'other-uuid' | 'unsure';

/**
 * Whether an unauthenticated post may come from the device it names: the pair of id and uuid is one
 * that we have accepted before, or one that the registry knows.
 */
export class GenuineDevices {
  constructor(
    private readonly devices: DeviceStore,
    private readonly registered: RegisteredDevices,
    private readonly log: Log,
  ) {}

  /** With Redis out of reach only devices from before are genuine. */
  async has(id: string, uuid: string): Promise<boolean> {
    return (await this.judge(id, uuid)) === 'genuine';
  }

  /** The same, with the reason why not. */
  async judge(id: string, uuid: string): Promise<Genuineness> {
    const known = id === '' ? undefined : await this.devices.byId(id);
    if (uuid !== '' && known?.uuid === uuid) return 'genuine';
    try {
      const identity = await this.registered.find(id);
      if (identity === undefined) return 'unknown';
      const owned = uuid !== '' && identity.uuid.toString('base64') === uuid;
      return owned ? 'genuine' : 'other-uuid';
    } catch (error) {
      this.log.warn('cannot ask who owns an id', { id, error });
      return 'unsure';
    }
  }
}

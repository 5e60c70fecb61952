import type { Log } from '@waystation/ops';
import type { DeviceStore } from '../store/device-store.js';
import type { RegisteredDevices } from './registered-devices.js';

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

  /** With the registry out of reach only devices from before are genuine. */
  async has(id: string, uuid: string): Promise<boolean> {
    if (id === '' || uuid === '') return false;
    const known = await this.devices.byId(id);
    if (known?.uuid === uuid) return true;
    try {
      return await this.registered.owns(id, uuid);
    } catch (error) {
      this.log.warn('cannot ask who owns an id', { id, error });
      return false;
    }
  }
}

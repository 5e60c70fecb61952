import type { DeviceStore } from '../store/device-store.js';
import type { DeviceTable } from '../store/device-tables.js';
import type { NameStore } from '../store/name-store.js';
import { type Fields, text } from '../http/fields.js';

/**
 * What a custom client brings along for its device. Nobody vouches for it, so it counts only where
 * the operator allows it and nothing is set yet.
 */
export class Presets {
  constructor(
    private readonly devices: DeviceStore,
    private readonly names: NameStore,
    private readonly config: { readonly presets: boolean },
  ) {}

  /** Names that nobody has are left out. */
  async apply(guid: string, fields: Fields): Promise<void> {
    if (!this.config.presets) return;
    const device = await this.devices.byId(text(fields, 'id'));
    if (device === undefined || device.guid !== guid) return;
    const assignment = await this.#assignment(device, fields);
    if (Object.keys(assignment).length > 0) await this.devices.assign(guid, assignment);
    const note = text(fields, 'preset-note', 300);
    if (device.note === '' && note !== '') await this.devices.update(guid, { note });
  }

  async #assignment(device: DeviceTable, fields: Fields) {
    const assignment: Parameters<DeviceStore['assign']>[1] = {};
    const named = (field: string, current: string | null): string =>
      current === null ? text(fields, field) : '';
    const [owner, group, strategy] = [
      named('preset-user-name', device.owner_guid),
      named('preset-device-group-name', device.device_group_guid),
      named('preset-strategy-name', device.strategy_guid),
    ];
    const ownerGuid = owner === '' ? undefined : await this.names.user(owner);
    const groupGuid = group === '' ? undefined : await this.names.deviceGroup(group);
    const strategyGuid = strategy === '' ? undefined : await this.names.strategy(strategy);
    if (ownerGuid !== undefined) assignment.owner_guid = ownerGuid;
    if (groupGuid !== undefined) assignment.device_group_guid = groupGuid;
    if (strategyGuid !== undefined) assignment.strategy_guid = strategyGuid;
    return assignment;
  }
}

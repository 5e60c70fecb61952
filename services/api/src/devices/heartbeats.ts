import type { DeviceStore, Pulse } from '../store/device-store.js';
import type { DisconnectStore } from '../store/disconnect-store.js';
import { fieldsOf } from '../http/fields.js';
import { parseJson } from '../http/json-body.js';
import type { LastSeen } from './last-seen.js';
import { type StrategyState, answerStrategy } from './strategy.js';

/** A device's report every 3 to 15 seconds. */
export interface Heartbeat {
  readonly id: string;
  /** Empty from clients before 1.2.2. */
  readonly uuid: string;
  /** Of the strategy that the device has; 0 without one. */
  readonly modifiedAt: number;
  readonly connIds: readonly number[];
  readonly address: string;
}

/** Keys that are missing mean "nothing to do"; a present one is obeyed whatever its value. */
export interface HeartbeatAnswer {
  sysinfo?: true;
  disconnect?: number[];
  modified_at?: number;
  strategy?: { config_options: Record<string, string>; extra: Record<string, string> };
}

/** Answers heartbeats with one read; it writes only when something changes. */
export class Heartbeats {
  constructor(
    private readonly devices: DeviceStore,
    private readonly disconnects: DisconnectStore,
    private readonly seen: LastSeen,
  ) {}

  async answer(beat: Heartbeat): Promise<HeartbeatAnswer> {
    const pulse = await this.devices.pulse(beat.id);
    // a uuid that is not the known one is a new owner or a liar: its sysinfo will be checked
    if (pulse === undefined || pulse.uuid !== beat.uuid)
      return beat.uuid === '' ? {} : { sysinfo: true };
    this.seen.note(pulse.guid, beat.id, beat.connIds);
    if (pulse.last_ip !== beat.address) {
      await this.devices.update(pulse.guid, { last_ip: beat.address, last_seen_at: Date.now() });
    }
    return {
      ...(pulse.sysinfo_at === null ? { sysinfo: true } : {}),
      ...(await this.#disconnect(pulse, beat.connIds)),
      ...(await this.#strategy(pulse, beat.modifiedAt)),
    };
  }

  /** A connection stays on the list until the device no longer names it. */
  async #disconnect(pulse: Pulse, alive: readonly number[]): Promise<HeartbeatAnswer> {
    if (pulse.disconnects === 0) return {};
    const asked = await this.disconnects.asked(pulse.guid);
    const gone = asked.filter((connId) => !alive.includes(connId));
    if (gone.length > 0) await this.disconnects.forget(pulse.guid, gone);
    const disconnect = asked.filter((connId) => alive.includes(connId));
    return disconnect.length > 0 ? { disconnect } : {};
  }

  async #strategy(pulse: Pulse, deviceTimestamp: number): Promise<HeartbeatAnswer> {
    const { send, managed } = answerStrategy(stateOf(pulse), deviceTimestamp);
    if (managed !== undefined) {
      await this.devices.update(pulse.guid, { managed_options: JSON.stringify(managed) });
    }
    if (send === undefined) return {};
    const strategy = { config_options: send.options, extra: {} };
    return { modified_at: send.modifiedAt, strategy };
  }
}

function stateOf(pulse: Pulse): StrategyState {
  const state = {
    assignmentChangedAt: pulse.assignment_changed_at,
    managed: JSON.parse(pulse.managed_options) as string[],
  };
  if (pulse.enabled !== 1 || pulse.options === null) return state;
  const options = textsOf(pulse.options);
  return { ...state, effective: { options, modifiedAt: pulse.modified_at ?? 0 } };
}

/** One value that is not a text would make the device drop the whole strategy. */
function textsOf(json: string): Record<string, string> {
  const entries = Object.entries(fieldsOf(parseJson(json)));
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}

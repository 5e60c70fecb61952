import { type RegistryClient, RegistryUnavailable } from '@waystation/bus';
import type { SignedIn } from '../accounts/login-tokens.js';
import type { Assignment } from '../devices/assignment.js';
import type { DeviceTable } from '../store/device-tables.js';
import type { DeviceListStore, ListedDevice } from '../store/device-list-store.js';
import type { ListWish } from '../store/listing.js';
import type { DeviceStore } from '../store/device-store.js';
import type { DisconnectStore } from '../store/disconnect-store.js';
import { type Fields, integer, text } from '../http/fields.js';
import type { Page, Paged } from '../http/page.js';
import { Refusal } from '../http/refusal.js';
import type { ConsoleAudit } from './console-audit.js';
import type { SessionEnds } from './session-ends.js';

const BAD_REQUEST = 400;
const NOT_FOUND = 404;
const UNAVAILABLE = 409;
/** A heartbeat comes every 15 s. */
const ONLINE_MS = 45_000;

/** What scripts may set of a device, by the name of the command line's field. */
const ASSIGNABLE = [
  'user_name',
  'strategy_name',
  'device_group_name',
  'note',
  'device_username',
  'device_name',
];
/** What an empty value takes away. */
const CLEARED = new Map([
  ['user_name', { owner_guid: null }],
  ['strategy_name', { strategy_guid: null }],
  ['device_group_name', { device_group_guid: null }],
]);
/** The parts of `book,tag,alias,password,note`. */
const BOOK_FIELDS = ['name', 'tag', 'alias', 'password', 'note'];

/** The stores that hold what operators know and want of devices. */
interface DeviceStores {
  readonly devices: DeviceStore;
  readonly lists: DeviceListStore;
  readonly disconnects: DisconnectStore;
}

/** What operators do with devices. Everything refused throws Refusal. */
export class DeviceAdmin {
  constructor(
    private readonly stores: DeviceStores,
    private readonly assignment: Assignment,
    private readonly registry: RegistryClient,
    private readonly sessions: SessionEnds,
    private readonly audit: ConsoleAudit,
  ) {}

  async list(wish: ListWish, page: Page): Promise<Paged<object>> {
    const { total, data } = await this.stores.lists.list(wish, page);
    const now = Date.now();
    return { total, data: data.map((device) => adminView(device, now)) };
  }

  /** The registry hears of it first: a device that it does not shut out would stay connected. */
  async setDisabled(operator: SignedIn, guid: string, disabled: boolean): Promise<void> {
    const device = await this.#require(guid);
    await this.#tellRegistry(() => this.registry.setDisabled(device.id, disabled));
    await this.stores.devices.update(guid, { disabled: disabled ? 1 : 0 });
    if (disabled) await this.sessions.ofDevice(device.id, 'the device was disabled');
    const operation = disabled ? 'disableDevices' : 'enableDevices';
    await this.audit.note(operator, 'device', operation, device.id);
  }

  /** Only after it was disabled, so that nobody deletes a device that is in use by a slip. */
  async remove(operator: SignedIn, guid: string): Promise<void> {
    const device = await this.#require(guid);
    if (device.disabled === 0) throw new Refusal('Disable the device first', UNAVAILABLE);
    await this.#tellRegistry(() => this.registry.remove(device.id));
    await this.stores.lists.remove(guid);
    await this.sessions.ofDevice(device.id, 'the device was deleted');
    await this.audit.note(operator, 'device', 'deleteDevice', device.id);
  }

  /** `{type, value}` as scripts send it; an empty value takes the assignment away. */
  async assign(operator: SignedIn, guid: string, fields: Fields): Promise<void> {
    const device = await this.#require(guid);
    const [type, value] = [text(fields, 'type'), text(fields, 'value', 1024)];
    if (value === '' && (await this.#clear(guid, type))) return;
    const { id, uuid } = device;
    await this.assignment.apply(operator.user, { id, uuid, ...assignedFields(type, value) });
    await this.audit.note(operator, 'device', 'updateDevice', id);
  }

  /** The device hears of it with its next heartbeat. */
  async disconnect(operator: SignedIn, guid: string, fields: Fields): Promise<void> {
    const device = await this.#require(guid);
    const connId = integer(fields, 'conn_id');
    if (connId === undefined) throw new Refusal('conn_id is a whole number', BAD_REQUEST);
    await this.stores.disconnects.ask(guid, connId);
    await this.audit.note(operator, 'device', 'disconnectDevice', device.id);
  }

  async #clear(guid: string, type: string): Promise<boolean> {
    const cleared = CLEARED.get(type);
    if (cleared === undefined) return false;
    await this.stores.devices.assign(guid, cleared);
    return true;
  }

  async #require(guid: string): Promise<DeviceTable> {
    const device = await this.stores.lists.byGuid(guid);
    if (device === undefined) throw new Refusal('There is no such device', NOT_FOUND);
    return device;
  }

  async #tellRegistry(tell: () => Promise<unknown>): Promise<void> {
    try {
      await tell();
    } catch (error) {
      if (!(error instanceof RegistryUnavailable)) throw error;
      throw new Refusal('The registry does not answer; nothing was changed', UNAVAILABLE);
    }
  }
}

function assignedFields(type: string, value: string): Fields {
  if (type === 'ab') {
    const parts = value.split(',').map((part, index) => [BOOK_FIELDS[index], part] as const);
    const named = parts.filter(([name]) => name !== undefined);
    return Object.fromEntries(named.map(([name, part]) => [`address_book_${name}`, part]));
  }
  if (!ASSIGNABLE.includes(type)) throw new Refusal('This cannot be assigned', BAD_REQUEST);
  return { [type]: value };
}

function adminView(device: ListedDevice, now: number): object {
  return {
    guid: device.guid,
    id: device.id,
    status: device.disabled === 1 ? 0 : 1,
    is_online: now - device.last_seen_at <= ONLINE_MS,
    last_online: new Date(device.last_seen_at).toISOString().slice(0, -1),
    ip: device.last_ip,
    device_name: device.device_name === '' ? device.hostname : device.device_name,
    device_username: device.device_username === '' ? device.username : device.device_username,
    user_name: device.owner_name ?? '',
    group_name: device.group_name ?? '',
    device_group_name: device.device_group_name ?? '',
    strategy_name: device.strategy_name ?? '',
    note: device.note,
    info: { os: device.os, cpu: device.cpu, memory: device.memory, version: device.version },
  };
}

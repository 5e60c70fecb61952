import type { ConnAuditTable } from '../store/audit-tables.js';
import type { ConnAuditStore } from '../store/conn-audit-store.js';
import type { DeviceStore } from '../store/device-store.js';
import type { SignedIn } from '../accounts/login-tokens.js';
import { Refusal } from '../http/refusal.js';

const NOT_FOUND = 404;

/** The note that a controlling user may write about his session. */
export class ConnNotes {
  constructor(
    private readonly connections: ConnAuditStore,
    private readonly devices: DeviceStore,
  ) {}

  /** The guid of the caller's session; null while it is not known, and for everybody else. */
  async find(
    caller: SignedIn,
    deviceId: string,
    sessionId: string,
    connType: number | undefined,
  ): Promise<string | null> {
    const row = await this.connections.ofSession(deviceId, sessionId, connType);
    if (row === undefined || !(await this.#isOf(caller, row))) return null;
    return row.guid;
  }

  async write(caller: SignedIn, guid: string, note: string): Promise<void> {
    const row = await this.connections.byGuid(guid);
    if (row === undefined || !(await this.#isOf(caller, row))) {
      throw new Refusal('There is no such session', NOT_FOUND);
    }
    await this.connections.note(guid, note);
  }

  /** The caller signed in on the controlling device, owns it, or is an administrator. */
  async #isOf({ user, device }: SignedIn, row: ConnAuditTable): Promise<boolean> {
    if (user.is_admin === 1) return true;
    // the id of a controlling device of another server carries that server's name
    const controller = row.peer_id.split('@')[0] ?? '';
    if (controller === '') return false;
    const known = await this.devices.byId(controller);
    if (known?.owner_guid === user.guid) return true;
    return device.id === controller && (known === undefined || known.uuid === device.uuid);
  }
}

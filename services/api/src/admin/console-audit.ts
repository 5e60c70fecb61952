import type { SignedIn } from '../accounts/login-tokens.js';
import type { ConsoleStore } from '../store/console-store.js';

/** What was changed; the numbers are those of the console audit list, ours begin at 100. */
const KINDS = { group: 0, user: 1, device: 2, addressBook: 3, relay: 100 } as const;

const OPERATIONS = {
  addGroup: 1,
  addUser: 2,
  addDevice: 3,
  deleteGroups: 4,
  disconnectDevice: 5,
  enableUsers: 6,
  disableUsers: 7,
  enableDevices: 8,
  disableDevices: 9,
  updateGroup: 10,
  updateUser: 11,
  updateDevice: 12,
  deleteUser: 13,
  deleteDevice: 14,
  addBook: 15,
  deleteBook: 16,
  renameBook: 17,
  addRule: 20,
  deleteRule: 21,
  updateRule: 22,
  listNetworks: 100,
  unlistNetworks: 101,
  changeBandwidth: 102,
  closeSessions: 103,
} as const;

/** Writes down what operators do. */
export class ConsoleAudit {
  constructor(private readonly entries: ConsoleStore) {}

  async note(
    { user }: SignedIn,
    kind: keyof typeof KINDS,
    operation: keyof typeof OPERATIONS,
    subject: string,
  ): Promise<void> {
    await this.entries.add({
      operator: user.name,
      subject_kind: KINDS[kind],
      operation: OPERATIONS[operation],
      subject,
      ip: '',
    });
  }
}

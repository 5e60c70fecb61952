import type { SignedIn } from '../accounts/login-tokens.js';
import type { ConsoleStore } from '../store/console-store.js';
import type { SubjectNames } from './subject-names.js';

const MAX_SUBJECT_CHARS = 300;

/** What was changed; the numbers are those of the console audit list, ours begin at 100. */
const KINDS = {
  group: 0,
  user: 1,
  device: 2,
  addressBook: 3,
  relay: 100,
  list: 101,
  strategy: 102,
  token: 103,
  controlRole: 104,
  accessRule: 105,
  recording: 106,
  other: 199,
} as const;

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
  exportList: 104,
  addMembers: 105,
  removeMembers: 106,
  addStrategy: 107,
  updateStrategy: 108,
  switchStrategy: 109,
  assignStrategy: 110,
  addToken: 111,
  deleteToken: 112,
  endLogins: 113,
  resetSecondFactor: 114,
  addControlRole: 115,
  updateControlRole: 116,
  deleteControlRole: 117,
  assignControlRole: 118,
  addAccessRule: 119,
  updateAccessRule: 120,
  deleteAccessRule: 121,
  giveBook: 122,
  inviteUser: 123,
  requireSecondFactor: 124,
  fetchRecording: 125,
  deleteRecording: 126,
  deleteStrategy: 127,
  call: 199,
} as const;

/** What an entry is about. */
export type SubjectKind = keyof typeof KINDS;

/** Kinds whose subjects name devices by id. */
const WITH_DEVICES: ReadonlySet<SubjectKind> = new Set(['device', 'group']);

/** What was done. */
export type OperationName = keyof typeof OPERATIONS;

/** The name of an operation by its number; one that nobody knows is its number. */
export function operationName(operation: number): string {
  return nameOf(OPERATIONS, operation);
}

/** What was changed, by its number. */
export function subjectKindName(kind: number): string {
  return nameOf(KINDS, kind);
}

function nameOf(names: Readonly<Record<string, number>>, wanted: number): string {
  return Object.keys(names).find((name) => names[name] === wanted) ?? String(wanted);
}

/** Writes down what operators do. */
export class ConsoleAudit {
  readonly #noted = new WeakSet<SignedIn>();

  constructor(
    private readonly entries: ConsoleStore,
    private readonly names: SubjectNames,
  ) {}

  /** Several parts of a subject are several things that it is about. */
  async note(
    operator: SignedIn,
    kind: SubjectKind,
    operation: OperationName,
    subject: string | readonly string[],
  ): Promise<void> {
    this.#noted.add(operator);
    const parts = typeof subject === 'string' ? [subject] : subject;
    await this.entries.add({
      operator: operator.user.name,
      subject_kind: KINDS[kind],
      operation: OPERATIONS[operation],
      subject: parts.join(' ').slice(0, MAX_SUBJECT_CHARS).toWellFormed(),
      subject_name: await this.names.tell(operator, parts, WITH_DEVICES.has(kind)),
      ip: operator.address ?? '',
    });
  }

  /** Whether something was noted for this request; every request has a caller object of its own. */
  hasNoted(operator: SignedIn): boolean {
    return this.#noted.has(operator);
  }
}

import type { SignedIn } from '../accounts/login-tokens.js';
import type { AccessGrantTable } from '../store/account-tables.js';
import type { GroupStore, GroupTableName, ListedGroup } from '../store/group-store.js';
import type { NameStore } from '../store/name-store.js';
import { type Fields, fieldsOf, optionalText, text } from '../http/fields.js';
import type { Page, Paged } from '../http/page.js';
import { Refusal } from '../http/refusal.js';
import type { ConsoleAudit } from './console-audit.js';

const BAD_REQUEST = 400;
const NOT_FOUND = 404;
const CONFLICT = 409;
/** The numbers that scripts use for whom a rule names. */
const INCOMING = { 0: 'user-group', 2: 'user' } as const;
const OUTGOING = { 0: 'user-group', 1: 'device-group' } as const;

interface Named<K> {
  readonly kind: K;
  readonly guid: string;
}

/** Who may access the group's members, and what the group's members may access; undefined: as it is. */
interface Rules {
  readonly incoming: readonly Named<'user-group' | 'user'>[] | undefined;
  readonly outgoing: readonly Named<'user-group' | 'device-group'>[] | undefined;
}

/** What operators do with groups of users and of devices. Everything refused throws Refusal. */
export class GroupAdmin {
  constructor(
    private readonly groups: GroupStore,
    private readonly names: NameStore,
    private readonly audit: ConsoleAudit,
  ) {}

  list(table: GroupTableName, name: string | undefined, page: Page): Promise<Paged<ListedGroup>> {
    return this.groups.list(table, name, page);
  }

  /** Returns the new group's guid. */
  async create(operator: SignedIn, table: GroupTableName, fields: Fields): Promise<string> {
    const name = text(fields, 'name').trim();
    if (name === '') throw new Refusal('A group needs a name', BAD_REQUEST);
    const rules = await this.#rules(table, fields);
    const guid = await this.groups.create(table, name, text(fields, 'note', 300));
    if (guid === undefined) throw new Refusal('There is a group of this name', CONFLICT);
    await this.#setRules(table, guid, rules);
    await this.audit.note(operator, 'group', 'addGroup', name);
    return guid;
  }

  async update(
    operator: SignedIn,
    table: GroupTableName,
    guid: string,
    fields: Fields,
  ): Promise<void> {
    await this.#require(table, guid);
    const rules = await this.#rules(table, fields);
    const [name, note] = [optionalText(fields, 'name'), optionalText(fields, 'note', 300)];
    const taken = name === undefined ? undefined : await this.#byName(table, name);
    if (taken !== undefined && taken !== guid) {
      throw new Refusal('There is a group of this name', CONFLICT);
    }
    const changes = { ...(name ? { name } : {}), ...(note === undefined ? {} : { note }) };
    await this.groups.update(table, guid, changes);
    await this.#setRules(table, guid, rules);
    await this.audit.note(operator, 'group', 'updateGroup', guid);
  }

  async remove(operator: SignedIn, table: GroupTableName, guid: string): Promise<void> {
    await this.#require(table, guid);
    await this.groups.remove(table, guid);
    await this.audit.note(operator, 'group', 'deleteGroups', guid);
  }

  async addUsers(guid: string, userGuids: readonly string[]): Promise<void> {
    await this.#require('user_groups', guid);
    await this.groups.addUsers(guid, userGuids);
  }

  async addDevices(guid: string, deviceIds: readonly string[]): Promise<void> {
    await this.#require('device_groups', guid);
    await this.groups.addDevices(guid, deviceIds);
  }

  async removeDevices(guid: string, deviceIds: readonly string[]): Promise<void> {
    await this.#require('device_groups', guid);
    await this.groups.removeDevices(guid, deviceIds);
  }

  async #require(table: GroupTableName, guid: string): Promise<void> {
    if (await this.groups.exists(table, guid)) return;
    throw new Refusal('There is no such group', NOT_FOUND);
  }

  #byName(table: GroupTableName, name: string): Promise<string | undefined> {
    return table === 'user_groups' ? this.names.userGroup(name) : this.names.deviceGroup(name);
  }

  /** The rules that the fields name, with every name looked up before anything is changed. */
  async #rules(table: GroupTableName, fields: Fields): Promise<Rules> {
    const incoming = await this.#resolve(fields['allowed_incomings'], INCOMING);
    const outgoing =
      table === 'user_groups'
        ? await this.#resolve(fields['allowed_outgoings'], OUTGOING)
        : undefined;
    return { incoming, outgoing };
  }

  async #resolve<K extends string>(
    value: unknown,
    kinds: Readonly<Record<number, K>>,
  ): Promise<Named<K>[] | undefined> {
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) throw new Refusal('A list of rules is expected', BAD_REQUEST);
    const found: Named<K>[] = [];
    for (const item of value as unknown[]) {
      const rule = fieldsOf(item);
      const kind = typeof rule['type'] === 'number' ? kinds[rule['type']] : undefined;
      const name = text(rule, 'name');
      const guid = kind === undefined ? undefined : await this.#named(kind, name);
      if (kind === undefined || guid === undefined) {
        throw new Refusal(`A rule names nobody: ${name}`, BAD_REQUEST);
      }
      found.push({ kind, guid });
    }
    return found;
  }

  #named(kind: string, name: string): Promise<string | undefined> {
    if (kind === 'user') return this.names.user(name);
    return kind === 'user-group' ? this.names.userGroup(name) : this.names.deviceGroup(name);
  }

  async #setRules(
    table: GroupTableName,
    guid: string,
    { incoming, outgoing }: Rules,
  ): Promise<void> {
    const own = table === 'user_groups' ? ('user-group' as const) : ('device-group' as const);
    if (incoming !== undefined) {
      const to = { to_kind: own, to_guid: guid };
      const grants = incoming.map(({ kind, guid: from }): AccessGrantTable => {
        return { from_kind: kind, from_guid: from, ...to };
      });
      await this.groups.replaceGrants('to', guid, grants);
    }
    if (outgoing !== undefined) {
      const from = { from_kind: 'user-group' as const, from_guid: guid };
      const grants = outgoing.map(({ kind, guid: to }): AccessGrantTable => {
        return { ...from, to_kind: kind, to_guid: to };
      });
      await this.groups.replaceGrants('from', guid, grants);
    }
  }
}

import type { AccessFactsStore, CalleeFacts, CallerFacts } from '../store/access-facts-store.js';
import type { AccessGrantTable } from '../store/account-tables.js';
import { Refusal } from '../http/refusal.js';
import { permissionsView } from './role-permissions.js';

const NOT_FOUND = 404;
const BAD_REQUEST = 400;

interface AccessSettings {
  readonly accessRules: boolean;
  readonly adminsAccessAll: boolean;
  readonly unassignedDevices: 'allow' | 'deny';
}

/** A decision and the sentence that gives its reason. */
interface Decision {
  readonly allowed: boolean;
  readonly reason: string;
}

const yes = (reason: string): Decision => ({ allowed: true, reason });
const no = (reason: string): Decision => ({ allowed: false, reason });

/** "May A reach B, and why?", decided as the rendezvous decides, in the same order. */
export class AccessCheck {
  constructor(
    private readonly store: AccessFactsStore,
    private readonly settings: AccessSettings,
  ) {}

  /** An empty name stands for a caller without a login. Throws Refusal for who or what is unknown. */
  async explain(userName: string, deviceId: string): Promise<object> {
    if (deviceId === '') throw new Refusal('A device is needed', BAD_REQUEST);
    const caller = userName === '' ? undefined : await this.store.caller(userName);
    if (userName !== '' && caller === undefined) {
      throw new Refusal(`There is no user ${userName}`, NOT_FOUND);
    }
    const callee = await this.store.callee(deviceId);
    if (callee === undefined) throw new Refusal(`There is no device ${deviceId}`, NOT_FOUND);
    const rules = await this.#decide(caller, callee);
    const enforced = this.settings.accessRules;
    const { allowed, reason } = enforced ? rules : withoutRules(callee, rules);
    return {
      allowed,
      reason,
      enforced,
      user: caller === undefined ? null : callerView(caller),
      device: calleeView(callee),
      control_role: await this.#role(caller),
    };
  }

  async #decide(caller: CallerFacts | undefined, callee: CalleeFacts): Promise<Decision> {
    const { adminsAccessAll, unassignedDevices } = this.settings;
    const isOut = caller !== undefined && caller.status !== 1;
    const mayAll = adminsAccessAll && caller?.is_admin === 1 && !isOut;
    if (callee.disabled === 1) return no('The device is disabled');
    if (callee.owner_guid === null && callee.device_group_guid === null) {
      if (unassignedDevices === 'allow') {
        return yes(
          'The device has neither owner nor group, and such devices are open to everybody',
        );
      }
      if (mayAll) return yes('Administrators may reach every device');
      return no('The device has neither owner nor group (UNASSIGNED_DEVICES is deny)');
    }
    if (callee.owner_guid !== null && callee.owner_status !== 1) {
      return no(`The owner of the device, ${callee.owner_name ?? ''}, is disabled`);
    }
    if (caller === undefined) return no('Without a login only devices without owner and group');
    if (isOut) return no(`The account of ${caller.name} is disabled`);
    if (mayAll) return yes('Administrators may reach every device');
    return byOwnership(caller, callee) ?? this.#byRules(caller, callee);
  }

  async #byRules(caller: CallerFacts, callee: CalleeFacts): Promise<Decision> {
    const [rule] = await this.store.rules(caller, callee);
    if (rule === undefined) {
      return no(`No rule lets ${caller.name} or his group reach the device's owner or group`);
    }
    return yes(`Rule: ${ruleText(rule, caller, callee)}`);
  }

  async #role(caller: CallerFacts | undefined): Promise<object | null> {
    const role = await this.store.role(caller?.status === 1 ? caller : undefined);
    if (role === undefined) return null;
    const { name, enabled, permissions } = role;
    return { name, enabled: enabled === 1, permissions: permissionsView(permissions) };
  }
}

function withoutRules(callee: CalleeFacts, { allowed, reason }: Decision): Decision {
  if (callee.disabled === 1) return no(reason);
  const say = allowed ? 'would allow it' : 'would deny it';
  return yes(`Access rules are not in force (ACCESS_RULES). They ${say}: ${reason}`);
}

function byOwnership(caller: CallerFacts, callee: CalleeFacts): Decision | undefined {
  if (callee.owner_guid === caller.guid) return yes(`${caller.name} owns the device`);
  const group = caller.group_guid;
  if (group === null || group !== callee.owner_group_guid) return undefined;
  const { owner_name, owner_group_name } = callee;
  return yes(`The owner, ${owner_name ?? ''}, is in the same group, ${owner_group_name ?? ''}`);
}

function ruleText(rule: AccessGrantTable, caller: CallerFacts, callee: CalleeFacts): string {
  const from =
    rule.from_kind === 'user' ? `user ${caller.name}` : `user group ${caller.group_name ?? ''}`;
  const to =
    rule.to_kind === 'device-group'
      ? `device group ${callee.device_group_name ?? ''}`
      : `devices of user group ${callee.owner_group_name ?? ''}`;
  return `${from} may reach ${to}`;
}

function callerView({ name, group_name, status, is_admin }: CallerFacts): object {
  return { name, group: group_name ?? '', status, is_admin: is_admin === 1 };
}

function calleeView(callee: CalleeFacts): object {
  return {
    id: callee.id,
    disabled: callee.disabled === 1,
    owner: callee.owner_name ?? '',
    owner_group: callee.owner_group_name ?? '',
    group: callee.device_group_name ?? '',
  };
}

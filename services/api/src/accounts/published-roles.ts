import type { ControlRoles } from '@waystation/state';
import type { ControlRoleTable } from '../store/account-tables.js';
import type { ControlRoleStore } from '../store/control-role-store.js';
import { storedPermissionBits } from './role-permissions.js';

/** Tells the rendezvous what callees shall allow each caller, in whatever way access is ruled. */
export class PublishedRoles {
  constructor(
    private readonly store: ControlRoleStore,
    private readonly published: ControlRoles,
  ) {}

  /** Rejects when the database or Redis cannot be asked. */
  async catchUp(): Promise<void> {
    // Counted before it is read: what changes in between is told again the next time.
    const revision = await this.store.revision();
    if ((await this.published.revision()) === revision) return;
    const { roles, users } = await this.store.all();
    const bits = new Map(roles.map((role) => [role.guid, bitsOf(role)]));
    const of = (appliesTo: string): bigint =>
      bits.get(roles.find(({ applies_to }) => applies_to === appliesTo)?.guid ?? '') ?? 0n;
    await this.published.publish({
      revision,
      notLogged: of('not-logged'),
      default: of('default'),
      users: new Map(users.map(({ guid, role }) => [guid, bits.get(role ?? '') ?? 0n])),
    });
  }
}

/** A role that is switched off tells callees nothing, and no other one takes its place (api 4.5). */
function bitsOf({ enabled, permissions }: ControlRoleTable): bigint {
  return enabled === 1 ? storedPermissionBits(permissions) : 0n;
}

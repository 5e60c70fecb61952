import type { UserTable } from '../store/account-tables.js';
import type { GroupStore } from '../store/group-store.js';
import type { IdentityStore } from '../store/identity-store.js';
import type { NameStore } from '../store/name-store.js';
import type { UserListStore } from '../store/user-list-store.js';
import type { UserStore } from '../store/user-store.js';
import { clean } from '../http/fields.js';
import { Refusal } from '../http/refusal.js';

/** Somebody whom another place vouches for. */
export interface ExternalPerson {
  /** `ldap`, or `oidc` and the issuer. */
  readonly source: string;
  /** What never changes about him there. */
  readonly subject: string;
  readonly username: string;
  /** Empty: unknown. */
  readonly email: string;
  /** The other place has made sure that the address is his. */
  readonly emailVerified: boolean;
  readonly displayName: string;
  readonly groups: readonly string[];
}

/** What the operator lets people of one place do here. */
export interface ExternalRules {
  readonly signUp: boolean;
  /** `unclaimed`: an account without a password that belongs to nobody yet. */
  readonly existing: 'refuse' | 'username' | 'email' | 'unclaimed';
  readonly allowedGroups: readonly string[];
  readonly adminGroups: readonly string[];
  readonly groups: readonly (readonly [group: string, userGroup: string])[];
}

const MAX_NAME_CHARS = 100;

/** The accounts of people who sign in elsewhere. Everything refused throws Refusal. */
export class ExternalAccounts {
  constructor(
    private readonly identities: IdentityStore,
    private readonly users: UserStore,
    private readonly lists: UserListStore,
    private readonly names: NameStore,
    private readonly groups: GroupStore,
  ) {}

  /** The person's account, found or made, with name, groups and rights as the other place has them. */
  async accountOf(person: ExternalPerson, rules: ExternalRules): Promise<UserTable> {
    const { allowedGroups } = rules;
    if (allowedGroups.length > 0 && !isInOne(person.groups, allowedGroups)) {
      throw new Refusal('Your account is in no group that may sign in here');
    }
    const { source, subject } = person;
    const user =
      (await this.identities.userOf(source, subject)) ??
      (await this.#existing(person, rules)) ??
      (await this.#create(person, rules));
    await this.identities.vouched(source, subject);
    return this.#refresh(user, person, rules);
  }

  /** The other place does not know the user any more: the right that it gave him is gone. */
  async lost(user: UserTable, rules: ExternalRules): Promise<void> {
    const is_admin = await this.#admin(user, [], rules);
    if (is_admin !== user.is_admin) await this.users.update(user.guid, { is_admin });
  }

  async #existing(person: ExternalPerson, rules: ExternalRules): Promise<UserTable | undefined> {
    const user = await this.#candidate(person, rules);
    if (user === undefined) return undefined;
    return this.#link(person, user);
  }

  async #candidate(
    { username, email, emailVerified }: ExternalPerson,
    { existing }: ExternalRules,
  ): Promise<UserTable | undefined> {
    switch (existing) {
      case 'refuse':
        return undefined;
      case 'username':
        return this.users.byName(username);
      case 'email': {
        // an address that nobody has verified would open anybody's account
        const found =
          emailVerified && email !== '' ? await this.identities.usersByEmail(email) : [];
        return found.length === 1 ? found[0] : undefined;
      }
      case 'unclaimed': {
        const user = await this.users.byName(username);
        if (user === undefined || user.password_hash !== null) return undefined;
        return (await this.identities.isLinked(user.guid)) ? undefined : user;
      }
    }
  }

  async #create(person: ExternalPerson, rules: ExternalRules): Promise<UserTable> {
    if (!rules.signUp) throw new Refusal('There is no account for you here');
    const name = accountName(person.username);
    const user = await this.users.create({ name, passwordHash: null });
    if (user !== undefined) return this.#link(person, user);
    // two sign-ins at once: the other one has made it
    const linked = await this.identities.userOf(person.source, person.subject);
    if (linked !== undefined) return linked;
    throw new Refusal(`The name ${name} belongs to another account here`);
  }

  async #link({ source, subject }: ExternalPerson, user: UserTable): Promise<UserTable> {
    if (await this.identities.link(source, subject, user.guid)) return user;
    return (await this.identities.userOf(source, subject)) ?? user;
  }

  async #refresh(
    user: UserTable,
    person: ExternalPerson,
    rules: ExternalRules,
  ): Promise<UserTable> {
    const next = {
      display_name: clean(person.displayName || user.display_name).slice(0, 256),
      email: clean(person.email || user.email).slice(0, 256),
      is_admin: await this.#admin(user, person.groups, rules),
      group_guid: await this.#group(user, person, rules),
    };
    const keys = Object.keys(next) as (keyof typeof next)[];
    if (keys.every((key) => next[key] === user[key])) return user;
    await this.users.update(user.guid, next);
    return { ...user, ...next };
  }

  async #admin(
    user: UserTable,
    groups: readonly string[],
    { adminGroups }: ExternalRules,
  ): Promise<0 | 1> {
    if (adminGroups.length === 0) return user.is_admin;
    if (isInOne(groups, adminGroups)) return 1;
    if (user.is_admin === 0) return 0;
    // a server that nobody can administer any more would be lost
    const admins = await this.lists.activeAdmins();
    return admins.length === 1 && admins[0] === user.guid ? 1 : 0;
  }

  async #group(
    user: UserTable,
    person: ExternalPerson,
    { groups }: ExternalRules,
  ): Promise<string | null> {
    if (groups.length === 0) return user.group_guid;
    const fitting = groups.find(([group]) => isInOne(person.groups, [group]));
    if (fitting === undefined) return null;
    const [, name] = fitting;
    const known = await this.names.userGroup(name);
    if (known !== undefined) return known;
    const made = await this.groups.create('user_groups', name, 'made at a sign-in');
    return made ?? (await this.names.userGroup(name)) ?? null;
  }
}

/** Groups are compared as directories do, without regard to case. */
function isInOne(groups: readonly string[], wanted: readonly string[]): boolean {
  const have = new Set(groups.map((group) => group.toLowerCase()));
  return wanted.some((group) => have.has(group.toLowerCase()));
}

function accountName(username: string): string {
  const name = clean(username).trim().replace(/[/\\]/g, '-').slice(0, MAX_NAME_CHARS);
  if (/^[^\s@\p{Cc}][^\p{Cc}]*$/u.test(name)) return name;
  throw new Refusal('Your account has no name that can be used here');
}

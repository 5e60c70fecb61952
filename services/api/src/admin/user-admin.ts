import type { LoginTokens, SignedIn } from '../accounts/login-tokens.js';
import type { PublishedLogins } from '../accounts/published-logins.js';
import { passwordHash } from '../accounts/password-rules.js';
import type { TotpPolicy } from '../accounts/totp-policy.js';
import type { UserStatus, UserTable } from '../store/account-tables.js';
import type { NameStore } from '../store/name-store.js';
import type { ListedUser, UserListStore } from '../store/user-list-store.js';
import type { ListWish } from '../store/listing.js';
import type { NewUser, UserStore } from '../store/user-store.js';
import { type Fields, optionalText, text } from '../http/fields.js';
import type { Page, Paged } from '../http/page.js';
import { Refusal } from '../http/refusal.js';
import type { ConsoleAudit } from './console-audit.js';
import type { SessionEnds } from './session-ends.js';

const BAD_REQUEST = 400;
const NOT_FOUND = 404;
const CONFLICT = 409;

/** What operators do with users. Everything refused throws Refusal. */
export class UserAdmin {
  constructor(
    private readonly users: UserStore,
    private readonly lists: UserListStore,
    private readonly tokens: LoginTokens,
    private readonly published: PublishedLogins,
    private readonly sessions: SessionEnds,
    private readonly names: NameStore,
    private readonly audit: ConsoleAudit,
    private readonly totp: TotpPolicy,
  ) {}

  async list(wish: ListWish, page: Page): Promise<Paged<object>> {
    const { total, data } = await this.lists.list(wish, page);
    return { total, data: data.map((user) => adminView(user, this.totp.requires(user))) };
  }

  /** Returns the new user's guid. */
  async create(operator: SignedIn, fields: Fields): Promise<string> {
    // without a password: somebody who signs in elsewhere, for whom the account waits
    const isGiven = fields['password'] !== undefined;
    const hash = isGiven ? await passwordHash(fields) : null;
    const { guid, name } = await this.#create(fields, {
      passwordHash: hash,
      passwordGiven: isGiven,
    });
    await this.audit.note(operator, 'user', 'addUser', name);
    return guid;
  }

  /** The same for somebody who is to choose a password himself, and may not sign in before. */
  async createInvited(operator: SignedIn, fields: Fields): Promise<string> {
    const { guid, name } = await this.#create(fields, { passwordHash: null, status: -1 });
    await this.audit.note(operator, 'user', 'inviteUser', name);
    return guid;
  }

  async #create(
    fields: Fields,
    begins: Pick<NewUser, 'passwordHash' | 'passwordGiven' | 'status'>,
  ): Promise<UserTable> {
    const user = await this.users.create({
      ...begins,
      name: userName(fields),
      isAdmin: fields['is_admin'] === true,
      displayName: text(fields, 'display_name'),
      email: text(fields, 'email'),
      note: text(fields, 'note', 300),
      groupGuid: await this.#group(text(fields, 'group_name')),
    });
    if (user === undefined) throw new Refusal('There is a user of this name', CONFLICT);
    return user;
  }

  /** Changes only what the fields name; a new password ends every login. */
  async update(operator: SignedIn, guid: string, fields: Fields): Promise<void> {
    const user = await this.require(guid);
    const changes: Partial<UserTable> = {};
    for (const name of ['display_name', 'email', 'note'] as const) {
      const value = optionalText(fields, name, 300);
      if (value !== undefined) changes[name] = value;
    }
    const group = optionalText(fields, 'group_name');
    if (group !== undefined) changes.group_guid = await this.#group(group);
    if (typeof fields['is_admin'] === 'boolean') {
      if (!fields['is_admin']) await this.#keepAnAdmin(guid);
      changes.is_admin = fields['is_admin'] ? 1 : 0;
    }
    if (typeof fields['email_verification'] === 'boolean') {
      changes.mail_code = fields['email_verification'] ? 1 : 0;
    }
    if (fields['password'] !== undefined) {
      changes.password_hash = await passwordHash(fields);
      changes.password_given = operator.user.guid === guid ? 0 : 1;
    }
    if (Object.keys(changes).length > 0) await this.users.update(guid, changes);
    if (changes.password_hash !== undefined) await this.tokens.revokeAllOf([guid]);
    await this.audit.note(operator, 'user', 'updateUser', user.name);
  }

  /** Shut out, a user loses his logins first, so that he cannot begin again what is then ended. */
  async setStatus(operator: SignedIn, guid: string, status: UserStatus): Promise<void> {
    const user = await this.require(guid);
    if (status !== 1) await this.#keepAnAdmin(guid);
    await this.published.settle(await this.lists.setStatus(guid, status));
    if (status !== 1) await this.sessions.ofUser(guid, `${user.name} was disabled`);
    const operation = status === 1 ? 'enableUsers' : 'disableUsers';
    await this.audit.note(operator, 'user', operation, user.name);
  }

  async remove(operator: SignedIn, guid: string): Promise<void> {
    const user = await this.require(guid);
    await this.#keepAnAdmin(guid);
    await this.published.settle(await this.lists.remove(guid));
    await this.sessions.ofUser(guid, `${user.name} was deleted`);
    await this.audit.note(operator, 'user', 'deleteUser', user.name);
  }

  /** Ends every login of these users. */
  async logOut(userGuids: readonly string[]): Promise<void> {
    await this.tokens.revokeAllOf(userGuids);
  }

  /** Whether these users have to have an authenticator app; their logins go on. */
  async requireTotp(userGuids: readonly string[], required: boolean): Promise<void> {
    await this.lists.requireTotp(userGuids, required);
  }

  /** Takes the second factor away from users who have lost it. */
  async resetTotp(userGuids: readonly string[]): Promise<void> {
    for (const guid of userGuids) await this.users.setTotp(guid, null, []);
  }

  /** Users whom MAIL_CODES asks for a code go on to be asked. */
  async switchMailCodesOff(userGuids: readonly string[]): Promise<void> {
    for (const guid of userGuids) await this.users.update(guid, { mail_code: 0 });
  }

  /** The user; throws Refusal when there is none. */
  async require(guid: string): Promise<UserTable> {
    const user = await this.users.byGuid(guid);
    if (user === undefined) throw new Refusal('There is no such user', NOT_FOUND);
    return user;
  }

  /** A server that nobody can administer any more would be lost. */
  async #keepAnAdmin(guid: string): Promise<void> {
    const admins = await this.lists.activeAdmins();
    if (admins.length === 1 && admins[0] === guid) {
      throw new Refusal('This is the only administrator', CONFLICT);
    }
  }

  async #group(name: string): Promise<string | null> {
    if (name === '') return null;
    const guid = await this.names.userGroup(name);
    if (guid === undefined) throw new Refusal(`There is no user group ${name}`, BAD_REQUEST);
    return guid;
  }
}

/** The name of a new user. Throws Refusal when it cannot be one. */
export function userName(fields: Fields): string {
  const name = text(fields, 'name').trim();
  if (/^[^\s@/\\][^/\\\p{Cc}]{0,99}$/u.test(name)) return name;
  throw new Refusal('A user needs a name without slashes', BAD_REQUEST);
}

function adminView(user: ListedUser, tfaRequired: boolean): object {
  return {
    guid: user.guid,
    name: user.name,
    display_name: user.display_name,
    email: user.email,
    avatar: user.avatar,
    note: user.note,
    status: user.status,
    is_admin: user.is_admin === 1,
    group_name: user.group_name ?? '',
    control_role: user.control_role_guid ?? '',
    control_role_name: user.control_role_name ?? '',
    tfa: user.totp_secret !== null,
    tfa_required: tfaRequired,
    tfa_enforced: user.totp_required === 1,
    email_verification: user.mail_code === 1,
    has_password: user.password_hash !== null,
    created_at: new Date(user.created_at).toISOString().slice(0, -1),
  };
}

import type { Log } from '@waystation/ops';
import { reasonOf } from '@waystation/ops';
import {
  Client,
  type Entry,
  type Filter,
  InvalidCredentialsError,
  NoSuchObjectError,
} from 'ldapts';
import type {
  ExternalAccounts,
  ExternalPerson,
  ExternalRules,
} from '../accounts/external-accounts.js';
import type { PasswordSource } from '../accounts/login.js';
import type { ApiConfig } from '../api-config.js';
import { Refusal } from '../http/refusal.js';
import type { UserTable } from '../store/account-tables.js';
import { groupNames, textOf, textsOf } from './directory-entry.js';
import { certificates } from './certificates.js';
import { checkFilter, entryFilter, filled } from './directory-filters.js';

/** Sign-ins at the directory at once; more would wait for each other until the clients give up. */
const MAX_AT_ONCE = 50;
const AWAY = 'The directory cannot be reached, please try again later';

type DirectoryConfig = Pick<ApiConfig, Extract<keyof ApiConfig, `ldap${string}`>>;

/**
 * Accounts in an LDAP directory: the api finds the entry as itself, then binds as the entry with the
 * password that was typed. Connections are made for one sign-in each, so that no two people share one.
 */
export class Directory implements PasswordSource {
  readonly enabled: boolean;
  readonly #rules: ExternalRules;
  readonly #ca: string | undefined;
  #busy = 0;

  /** Throws StartError when certificates or a filter cannot be read. */
  constructor(
    private readonly config: DirectoryConfig,
    private readonly accounts: ExternalAccounts,
    private readonly log: Log,
  ) {
    this.enabled = config.ldapUrls.length > 0;
    this.#rules = rulesOf(config);
    const file = config.ldapCaFile;
    this.#ca = file === '' ? undefined : certificates('LDAP_CA_FILE', file);
    checkFilter('LDAP_USER_FILTER', config.ldapUserFilter);
    if (config.ldapGroupFilter !== '') checkFilter('LDAP_GROUP_FILTER', config.ldapGroupFilter);
  }

  async accountOf(username: string, password: string): Promise<UserTable | undefined> {
    // a bind with an empty password succeeds for anybody (RFC 4513, 5.1.2)
    if (username === '' || password === '') return undefined;
    if (this.#busy >= MAX_AT_ONCE) throw new Refusal(AWAY);
    this.#busy++;
    try {
      const person = await this.#personOf(username, password);
      return person === undefined ? undefined : await this.accounts.accountOf(person, this.#rules);
    } finally {
      this.#busy--;
    }
  }

  /**
   * The account of somebody who has signed in before, by what never changes about him, if the
   * directory would let him in today: there, found by LDAP_USER_FILTER, in a group that may. His
   * rights and groups are taken over. Undefined when it would not. Rejects when it cannot be asked.
   */
  async standing(subject: string): Promise<UserTable | undefined> {
    const person = await this.#onAnyServer((client) => this.#known(client, subject));
    if (person === undefined) return undefined;
    return this.accounts.accountOf(person, this.#rules).catch((error: unknown) => {
      if (error instanceof Refusal) return undefined;
      throw error;
    });
  }

  /** Takes the rights that the directory gives from somebody whom it does not know any more. */
  async lost(user: UserTable): Promise<void> {
    await this.accounts.lost(user, this.#rules);
  }

  /** Rejects with the reason when the directory cannot be searched now. */
  async check(): Promise<void> {
    await this.#onAnyServer(async (client) => {
      await this.#search(client, this.config.ldapBaseDn, '(objectClass=*)', ['1.1'], 'base');
    });
  }

  async #personOf(username: string, password: string): Promise<ExternalPerson | undefined> {
    try {
      return await this.#onAnyServer((client) => this.#authenticate(client, username, password));
    } catch (error) {
      const reason = reasonOf(error);
      this.log.warn('the directory did not answer a sign-in', { error: reason });
      throw new Refusal(AWAY);
    }
  }

  async #authenticate(
    client: Client,
    username: string,
    password: string,
  ): Promise<ExternalPerson | undefined> {
    const { ldapBaseDn, ldapUserFilter } = this.config;
    const filter = filled(ldapUserFilter, { username });
    const found = await this.#search(client, ldapBaseDn, filter, this.#attributes());
    const [entry] = found;
    if (entry === undefined) return undefined;
    if (found.length > 1) {
      this.log.warn('LDAP_USER_FILTER finds more than one entry for a name', { username });
      return undefined;
    }
    const groups = await this.#groups(client, entry, username);
    try {
      await client.bind(entry.dn, password);
    } catch (error) {
      if (error instanceof InvalidCredentialsError) return undefined;
      throw error;
    }
    return this.#person(entry, username, groups);
  }

  async #known(client: Client, subject: string): Promise<ExternalPerson | undefined> {
    const { ldapBaseDn, ldapIdAttribute, ldapUserFilter, ldapUsernameAttribute } = this.config;
    const { base, scope, filter } = entryFilter(
      subject,
      ldapIdAttribute,
      ldapUserFilter,
      ldapBaseDn,
    );
    const found = this.#search(client, base, filter, this.#attributes(), scope);
    const [entry] = await found.catch((error: unknown) => {
      // of a DN that is gone; the base of all users is there, or nothing could be said
      if (scope === 'base' && error instanceof NoSuchObjectError) return [];
      throw error;
    });
    if (entry === undefined) return undefined;
    const username = textOf(entry, ldapUsernameAttribute);
    const person = this.#person(entry, username, await this.#groups(client, entry, username));
    return person.subject === subject ? person : undefined;
  }

  async #groups(client: Client, entry: Entry, username: string): Promise<string[]> {
    const { ldapGroupFilter, ldapGroupBaseDn, ldapBaseDn, ldapGroupAttribute } = this.config;
    if (ldapGroupFilter === '') return groupNames(textsOf(entry, ldapGroupAttribute));
    const filter = filled(ldapGroupFilter, { dn: entry.dn, username });
    const found = await this.#search(client, ldapGroupBaseDn || ldapBaseDn, filter, ['cn']);
    return groupNames(found.map(({ dn }) => dn));
  }

  #person(entry: Entry, username: string, groups: string[]): ExternalPerson {
    const { config } = this;
    return {
      source: 'ldap',
      subject: textOf(entry, config.ldapIdAttribute) || entry.dn.toLowerCase(),
      username: textOf(entry, config.ldapUsernameAttribute) || username,
      email: textOf(entry, config.ldapEmailAttribute),
      emailVerified: true,
      displayName: textOf(entry, config.ldapDisplayNameAttribute),
      groups,
    };
  }

  /** Everything that is asked of a user's entry. */
  #attributes(): string[] {
    const { config } = this;
    const { ldapUsernameAttribute, ldapIdAttribute, ldapEmailAttribute } = config;
    const { ldapDisplayNameAttribute, ldapGroupAttribute } = config;
    const group = config.ldapGroupFilter === '' ? [ldapGroupAttribute] : [];
    const own = [ldapUsernameAttribute, ldapIdAttribute, ldapEmailAttribute];
    return [...own, ldapDisplayNameAttribute, ...group];
  }

  async #search(
    client: Client,
    base: string,
    filter: string | Filter,
    attributes: string[],
    scope: 'base' | 'sub' = 'sub',
  ): Promise<Entry[]> {
    const { searchEntries } = await client.search(base, {
      scope,
      filter,
      attributes,
      timeLimit: Math.ceil(this.config.ldapTimeoutMs / 1000),
      explicitBufferAttributes: [this.config.ldapIdAttribute],
    });
    return searchEntries;
  }

  /** The first server that answers; all of them together within the time limit. */
  async #onAnyServer<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const { ldapUrls, ldapTimeoutMs } = this.config;
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error('no answer in time')), ldapTimeoutMs);
    let failure: unknown;
    try {
      for (const url of ldapUrls) {
        try {
          return await this.#onServer(url, work, late, ldapTimeoutMs / ldapUrls.length);
        } catch (error) {
          failure = error;
        }
      }
    } finally {
      clearTimeout(timer);
    }
    throw failure;
  }

  async #onServer<T>(
    url: string,
    work: (client: Client) => Promise<T>,
    late: Promise<never>,
    timeoutMs: number,
  ): Promise<T> {
    const client = this.#client(url, timeoutMs);
    const done = this.#connected(client, url).then(() => work(client));
    try {
      return await Promise.race([done, late]);
    } finally {
      done.catch(() => undefined);
      client.unbind().catch((error: unknown) => this.log.debug('an unbind failed', { error }));
    }
  }

  #client(url: string, timeoutMs: number): Client {
    const limits = { timeout: timeoutMs, connectTimeout: timeoutMs };
    if (!url.startsWith('ldaps:')) return new Client({ url, ...limits, strictDN: false });
    return new Client({ url, ...limits, strictDN: false, tlsOptions: this.#tls(url) });
  }

  /** Encrypted where that is wanted, and bound as the api itself. */
  async #connected(client: Client, url: string): Promise<void> {
    const { ldapStartTls, ldapBindDn, ldapBindPassword } = this.config;
    if (ldapStartTls && !url.startsWith('ldaps:')) await client.startTLS(this.#tls(url));
    if (ldapBindDn !== '') await client.bind(ldapBindDn, ldapBindPassword);
  }

  /** `host` is what the certificate has to name. */
  #tls(url: string): { host: string; minVersion: 'TLSv1.2'; ca?: string } {
    const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
    const ca = this.#ca === undefined ? {} : { ca: this.#ca };
    return { host, minVersion: 'TLSv1.2', ...ca };
  }
}

function rulesOf(config: DirectoryConfig): ExternalRules {
  return {
    signUp: config.ldapSignUp,
    existing: 'unclaimed',
    allowedGroups: config.ldapAllowedGroups,
    adminGroups: config.ldapAdminGroups,
    groups: config.ldapGroups.map((entry) => {
      const colon = entry.lastIndexOf(':');
      return [entry.slice(0, colon).trim(), entry.slice(colon + 1).trim()];
    }),
  };
}

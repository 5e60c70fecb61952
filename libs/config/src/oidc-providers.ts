import { BadValue } from './config-error.js';
import type { Option, OptionFacts } from './option.js';

/** Somewhere else to sign in: one OpenID Connect provider. */
export interface OidcProvider {
  /** What clients show on the button and send back; some names bring an icon of their own. */
  readonly name: string;
  readonly issuer: string;
  readonly clientId: string;
  /** Empty: a public client, protected by PKCE alone. */
  readonly clientSecret: string;
  readonly scopes: string;
  /** SVG markup for the button; empty: none. */
  readonly icon: string;
  readonly usernameClaim: string;
  readonly emailClaim: string;
  readonly displayNameClaim: string;
  readonly groupsClaim: string;
  /** Whether somebody unknown gets an account at the first sign-in. */
  readonly signUp: boolean;
  /** What ties a first sign-in to an account that is here already. */
  readonly existing: 'refuse' | 'username' | 'email';
  /** Not empty: only members of one of these may sign in. */
  readonly allowedGroups: readonly string[];
  /** Not empty: members are administrators, everybody else of this provider is not. */
  readonly adminGroups: readonly string[];
  /** Group of the provider -> user group here; the first that fits counts. */
  readonly groups: Readonly<Record<string, string>>;
}

type Json = Readonly<Record<string, unknown>>;

const EXISTING = ['refuse', 'username', 'email'] as const;
const MAX_PROVIDERS = 20;

/** What a provider has when its entry says nothing. */
const DEFAULTS: OidcProvider = {
  name: '',
  issuer: '',
  clientId: '',
  clientSecret: '',
  scopes: 'openid profile email',
  icon: '',
  usernameClaim: 'preferred_username',
  emailClaim: 'email',
  displayNameClaim: 'name',
  groupsClaim: 'groups',
  signUp: true,
  existing: 'refuse',
  allowedGroups: [],
  adminGroups: [],
  groups: {},
};

/** The option that lists providers as JSON; secret, because client secrets are in it. */
export function oidcProviders(
  facts: Omit<OptionFacts<readonly OidcProvider[]>, 'default'>,
): Option<readonly OidcProvider[]> {
  const format = (value: readonly OidcProvider[]): string =>
    value.length === 0 ? '' : JSON.stringify(value);
  return {
    ...facts,
    default: [],
    kind: 'JSON',
    secret: true,
    emptyIsValue: false,
    parse: parseProviders,
    format,
  };
}

/** Throws BadValue that names the provider and the field, never a value: it may be the secret. */
function parseProviders(text: string): readonly OidcProvider[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    throw new BadValue('must be a JSON list of providers');
  }
  if (!Array.isArray(list) || list.length > MAX_PROVIDERS) {
    throw new BadValue(`must be a JSON list of at most ${MAX_PROVIDERS} providers`);
  }
  const providers = list.map((entry: unknown, index) => provider(entry, `provider ${index + 1}`));
  const names = new Set(providers.map(({ name }) => name.toLowerCase()));
  if (names.size < providers.length) throw new BadValue('must not name two providers alike');
  return providers;
}

function provider(entry: unknown, place: string): OidcProvider {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    throw new BadValue(`must have an object for ${place}`);
  }
  const given = entry as Json;
  const unknown = Object.keys(given).find((key) => !(key in DEFAULTS));
  if (unknown !== undefined) throw new BadValue(`must not have the field ${unknown} in ${place}`);
  const made = Object.fromEntries(
    Object.entries(DEFAULTS).map(([key, usual]) => {
      const value = given[key] ?? (usual as unknown);
      if (!sameShape(value, usual)) throw new BadValue(`must have another ${key} in ${place}`);
      return [key, value];
    }),
  ) as unknown as OidcProvider;
  check(made, place);
  return Object.freeze(made);
}

/** Whether a value has the type of the default: text, yes or no, list of texts, texts by name. */
function sameShape(value: unknown, usual: unknown): boolean {
  if (Array.isArray(usual)) return Array.isArray(value) && value.every(isText);
  if (typeof usual !== 'object') return typeof value === typeof usual;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every(isText);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function check(made: OidcProvider, place: string): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$/.test(made.name)) {
    throw new BadValue(`must have a name of letters, digits, dots and dashes in ${place}`);
  }
  if (!isSafeAddress(made.issuer)) {
    throw new BadValue(`must have an issuer that begins with https:// in ${place}`);
  }
  if (made.clientId === '') throw new BadValue(`must have a clientId in ${place}`);
  if (!made.scopes.split(' ').includes('openid')) {
    throw new BadValue(`must have openid among the scopes in ${place}`);
  }
  if (made.icon !== '' && !made.icon.trimStart().startsWith('<svg')) {
    throw new BadValue(`must have SVG markup as icon in ${place}`);
  }
  if (!EXISTING.includes(made.existing)) {
    throw new BadValue(`must have ${EXISTING.join(', ')} as existing in ${place}`);
  }
}

/** Tokens must not cross a network in clear; on this machine they do not. */
function isSafeAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, search, hash } = new URL(text);
  if (search !== '' || hash !== '') return false;
  const local = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  return protocol === 'https:' || (protocol === 'http:' && local);
}

import { randomUUID } from 'node:crypto';
import type { UserTable } from '../store/account-tables.js';
import type { TokenStore } from '../store/token-store.js';
import { fieldsOf } from '../http/fields.js';
import { hashSecret, newSecret } from './secrets.js';

/** What a token may be allowed to see or change. */
export const AREAS = [
  'devices',
  'audits',
  'users',
  'groups',
  'strategies',
  'address_books',
  'recordings',
] as const;
export type Area = (typeof AREAS)[number];

/** Read, or read and change. */
export type Level = 'r' | 'rw';
export type Scopes = Partial<Record<Area, Level>>;

const PREFIX = 'wsa_';
/** A use is noted at most this often. */
const NOTE_USE_MS = 60_000;

/** Tokens for scripts and for `--assign` and `--deploy`, made by administrators. */
export class ApiTokens {
  constructor(private readonly tokens: TokenStore) {}

  /** Returns the token; only its hash is kept. `expiresAt` null: never. */
  async create(
    owner: UserTable,
    name: string,
    scopes: Scopes,
    expiresAt: number | null,
  ): Promise<{ guid: string; token: string }> {
    const token = newSecret(PREFIX);
    const guid = randomUUID();
    await this.tokens.addApiToken({
      guid,
      hash: hashSecret(token),
      owner_guid: owner.guid,
      name,
      scopes: JSON.stringify(scopes),
      created_at: Date.now(),
      used_at: 0,
      expires_at: expiresAt,
    });
    return { guid, token };
  }

  /** Owner and scopes of a token; undefined when it is unknown, over, or its owner is no admin now. */
  async find(token: string): Promise<{ owner: UserTable; scopes: Scopes } | undefined> {
    if (!token.startsWith(PREFIX)) return undefined;
    const now = Date.now();
    const found = await this.tokens.findApiToken(hashSecret(token), now);
    if (found === undefined) return undefined;
    const { owner } = found;
    if (owner.status !== 1 || owner.is_admin !== 1) return undefined;
    if (now - found.token.used_at > NOTE_USE_MS) {
      await this.tokens.touchApiToken(found.token.guid, now);
    }
    return { owner, scopes: scopesOf(JSON.parse(found.token.scopes)) };
  }
}

/** The known areas and levels of an object from outside; everything else is left out. */
export function scopesOf(value: unknown): Scopes {
  const fields = fieldsOf(value);
  const scopes: Scopes = {};
  for (const area of AREAS) {
    const level = fields[area];
    if (level === 'r' || level === 'rw') scopes[area] = level;
  }
  return scopes;
}

/** Whether the scopes allow this. */
export function allows(scopes: Scopes, area: Area, level: Level): boolean {
  return scopes[area] === 'rw' || scopes[area] === level;
}

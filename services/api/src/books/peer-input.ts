import type { BookPeerTable } from '../store/book-tables.js';
import type { Vault } from '../store/vault.js';
import { type Fields, clean, optionalText } from '../http/fields.js';
import { Refusal } from '../http/refusal.js';

const MAX_ID_CHARS = 253;
const MAX_NOTE_CHARS = 300;
const MAX_TEXT_CHARS = 256;
const MAX_TAGS = 100;
const MAX_TAG_CHARS = 64;

/** Columns that are texts, by the names that clients use. */
const TEXTS = {
  alias: 'alias',
  note: 'note',
  username: 'username',
  hostname: 'hostname',
  platform: 'platform',
  rdpPort: 'rdp_port',
  rdpUsername: 'rdp_username',
  loginName: 'login_name',
} as const;

/** The id that an entry is for. Throws Refusal. */
export function peerId(fields: Fields): string {
  const id = optionalText(fields, 'id', MAX_ID_CHARS + 1)?.trim() ?? '';
  if (id === '' || id.length > MAX_ID_CHARS) throw new Refusal('A device needs an ID');
  return id;
}

/** What a client changes of an entry: a missing field stays as it is, an empty text clears. */
export function peerChanges(
  fields: Fields,
  personal: boolean,
  vault: Vault,
): Partial<BookPeerTable> {
  const changes: Partial<BookPeerTable> = {};
  for (const [name, column] of Object.entries(TEXTS)) {
    const value = optionalText(fields, name, name === 'note' ? MAX_NOTE_CHARS : MAX_TEXT_CHARS);
    if (value !== undefined) changes[column] = value;
  }
  const tags = fields['tags'];
  if (Array.isArray(tags)) changes.tags = JSON.stringify(cleanTags(tags));
  const relay = fields['forceAlwaysRelay'];
  // clients send it as text
  if (relay !== undefined) changes.force_always_relay = relay === 'true' || relay === true ? 1 : 0;
  // a password-equivalent is for its owner alone, a clear password for those it was shared with
  const secret = personal ? 'hash' : 'password';
  const value = optionalText(fields, secret, MAX_TEXT_CHARS);
  if (value !== undefined) changes[secret] = vault.seal(value);
  return changes;
}

/** A whole entry; what the client leaves out is empty. */
export function newPeer(
  bookGuid: string,
  id: string,
  changes: Partial<BookPeerTable>,
): BookPeerTable {
  return {
    book_guid: bookGuid,
    id,
    alias: '',
    tags: '[]',
    note: '',
    hash: '',
    password: '',
    username: '',
    hostname: '',
    platform: '',
    force_always_relay: 0,
    rdp_port: '',
    rdp_username: '',
    login_name: '',
    created_at: Date.now(),
    ...changes,
  };
}

/** A tag's name. Throws Refusal. */
export function tagName(value: unknown): string {
  const name = typeof value === 'string' ? clean(value).trim() : '';
  if (name === '' || name.length > MAX_TAG_CHARS) throw new Refusal('A tag needs a short name');
  // the client's word for devices without any
  if (name === 'Untagged') throw new Refusal('This name is reserved');
  return name;
}

/** 0xAARRGGBB; everything else is refused. */
export function tagColor(value: unknown): number {
  const fits = typeof value === 'number' && Number.isInteger(value) && value >= 0;
  if (!fits || value > 0xffffffff) throw new Refusal('A tag needs a colour of 32 bits');
  return value;
}

function cleanTags(tags: readonly unknown[]): string[] {
  const names = tags.filter((tag) => typeof tag === 'string' && tag !== '');
  return [...new Set(names.map((tag) => clean(String(tag).slice(0, MAX_TAG_CHARS))))].slice(
    0,
    MAX_TAGS,
  );
}

import { newPeer, peerChanges, peerId, tagColor, tagName } from '../books/peer-input.js';
import { type Fields, text } from '../http/fields.js';
import { Refusal } from '../http/refusal.js';
import { BookPeerStore } from '../store/book-peer-store.js';
import { BookStore } from '../store/book-store.js';
import { BookTagStore } from '../store/book-tag-store.js';
import type { Store } from '../store/open-store.js';
import { nameKey } from '../store/user-store.js';
import type { Vault } from '../store/vault.js';
import type { Guids } from './takeover-accounts.js';
import { taken, type TakeoverTally, timeOf } from './takeover-tally.js';

/** Names that clients have for personal books. */
const RESERVED = ['', 'my address book', 'legacy address book'];
const GROUP_RULE = 2;

interface SharedBook {
  readonly guid: string;
  readonly owner: unknown;
}

/** Takes the address books of the users that came, with rules, tags and entries. */
export class TakeoverBooks {
  readonly #shared = new Map<unknown, SharedBook>();
  readonly #names = new Set<string>();
  readonly #seen = new Set<string>();

  constructor(
    private readonly db: Store,
    private readonly vault: Vault,
    private readonly users: Guids,
    private readonly groups: Guids,
  ) {}

  async take(tally: TakeoverTally): Promise<void> {
    await tally.each('address_book_collections', 'name', (row) => this.#book(row));
    await tally.each('address_book_collection_rules', 'id', (row) => this.#rule(row));
    await tally.each('tags', 'name', (row) => this.#tag(row));
    await tally.each('address_books', 'id', (row) => this.#entry(row));
  }

  async #book(row: Fields): Promise<void> {
    const owner = taken(this.users, row['user_id'], 'owner');
    const { guid } = await new BookStore(this.db).share(owner, {
      ...{ name: this.#freeName(owner, row), note: '', password: '' },
    });
    this.#shared.set(row['id'], { guid, owner: row['user_id'] });
  }

  /** Clients tell the books of a user apart by name. */
  #freeName(owner: string, row: Fields): string {
    const name = text(row, 'name').trim();
    const key = (candidate: string) => `${owner} ${nameKey(candidate)}`;
    const isFree = !RESERVED.includes(nameKey(name)) && !this.#names.has(key(name));
    const free = isFree ? name : `${name} (${String(row['id'])})`.trim();
    this.#names.add(key(free));
    return free;
  }

  async #rule(row: Fields): Promise<void> {
    const book = this.#shared.get(row['collection_id']);
    if (book === undefined) throw new Refusal('its address book is not taken over');
    const right = row['rule'];
    if (right !== 1 && right !== 2 && right !== 3) throw new Refusal('it gives no known right');
    const kind = row['type'] === GROUP_RULE ? 'group' : 'user';
    const guids = kind === 'group' ? this.groups : this.users;
    const target_guid = taken(guids, row['to_id'], kind);
    this.#once(`rule ${book.guid} ${target_guid}`);
    const rule = { book_guid: book.guid, target_kind: kind, target_guid, right } as const;
    await new BookStore(this.db).setRule(rule);
  }

  async #tag(row: Fields): Promise<void> {
    const { guid: book_guid } = await this.#bookOf(row);
    const tag = { book_guid, name: tagName(row['name']), color: tagColor(row['color']) };
    this.#once(`tag ${book_guid} ${tag.name}`);
    await new BookTagStore(this.db).add(tag);
  }

  async #entry(row: Fields): Promise<void> {
    const { guid, personal } = await this.#bookOf(row);
    const id = peerId(row);
    this.#once(`entry ${guid} ${id}`);
    const fields = {
      ...row,
      tags: listIn(row['tags']),
      forceAlwaysRelay: row['force_always_relay'] === 1,
      ...{ rdpPort: row['rdp_port'], rdpUsername: row['rdp_username'] },
      loginName: row['login_name'],
    };
    const changes = peerChanges(fields, personal, this.vault);
    const peer = newPeer(guid, id, { ...changes, created_at: timeOf(row) });
    await new BookPeerStore(this.db).put(peer);
  }

  /** Collection 0 is the personal book of its user. */
  async #bookOf(row: Fields): Promise<{ guid: string; personal: boolean }> {
    const owner = taken(this.users, row['user_id'], 'owner');
    const collection = row['collection_id'] ?? 0;
    if (collection === 0) {
      return { guid: (await new BookStore(this.db).personal(owner)).guid, personal: true };
    }
    const book = this.#shared.get(collection);
    if (book === undefined) throw new Refusal('its address book is not taken over');
    if (book.owner !== row['user_id']) throw new Refusal('its address book is of somebody else');
    return { guid: book.guid, personal: false };
  }

  #once(key: string): void {
    if (this.#seen.has(key)) throw new Refusal('it is there twice');
    this.#seen.add(key);
  }
}

/** Tags are JSON text; a broken one means none, as it does there. */
function listIn(value: unknown): unknown[] {
  try {
    const list: unknown = JSON.parse(String(value));
    return Array.isArray(list) ? list : [];
  } catch {
    return [];
  }
}

import type { BookPeerTable, BookTagTable } from '../store/book-tables.js';
import type { BookPeerStore, ListedPeer } from '../store/book-peer-store.js';
import type { BookTagStore } from '../store/book-tag-store.js';
import type { BookStore, Viewer } from '../store/book-store.js';
import type { Vault } from '../store/vault.js';
import { type Fields, fieldsOf } from '../http/fields.js';
import { parseJson } from '../http/json-body.js';
import { Refusal } from '../http/refusal.js';
import { newPeer, peerChanges, peerId, tagColor, tagName } from './peer-input.js';
import { peerView } from './peer-view.js';

/** What the old client knows of a device; everything else of an entry is the server's to keep. */
const KNOWN = ['id', 'username', 'hostname', 'platform', 'alias', 'tags', 'hash'] as const;
/** For tags whose colour the old client does not tell: opaque black. */
const BLACK = 0xff000000;
const MAX_PEERS = 50_000;

/** The personal book in the form of old clients: one text that holds everything. */
export class LegacyBook {
  constructor(
    private readonly books: BookStore,
    private readonly peers: BookPeerStore,
    private readonly tags: BookTagStore,
    private readonly vault: Vault,
  ) {}

  /** `data` is JSON text, and `tag_colors` in it is JSON text once more. */
  async read(viewer: Viewer): Promise<{ data: string }> {
    const { guid } = await this.books.personal(viewer.guid);
    const tags = await this.tags.list(guid);
    const { data: entries } = await this.peers.list(guid);
    const peers = entries.map((entry) => {
      const view = peerView(entry, true, this.vault);
      return Object.fromEntries(KNOWN.map((name) => [name, view[name] ?? '']));
    });
    const colors = Object.fromEntries(tags.map(({ name, color }) => [name, color]));
    const names = tags.map(({ name }) => name);
    return {
      data: JSON.stringify({ tags: names, peers, tag_colors: JSON.stringify(colors) }),
    };
  }

  /** Replaces everything, but keeps what the old client cannot know of devices that stay. */
  async write(viewer: Viewer, fields: Fields): Promise<void> {
    const { guid } = await this.books.personal(viewer.guid);
    const given = parsed(fields['data']);
    const before = await this.peers.list(guid);
    const kept = new Map(before.data.map((entry) => [entry.id, plainEntry(entry)]));
    const peers = new Map<string, BookPeerTable>();
    for (const value of listOf(given['peers'])) {
      const peer = fieldsOf(value);
      const id = peerId(peer);
      const known = Object.fromEntries(KNOWN.map((name) => [name, peer[name]]));
      const changes = peerChanges(known, true, this.vault);
      peers.set(id, { ...newPeer(guid, id, {}), ...kept.get(id), ...changes });
    }
    const oldColors = new Map((await this.tags.list(guid)).map((tag) => [tag.name, tag.color]));
    await this.peers.replaceAll(guid, [...peers.values()], tagsOf(guid, given, oldColors));
  }
}

function parsed(data: unknown): Fields {
  if (typeof data !== 'string') throw new Refusal('The address book is missing');
  try {
    return fieldsOf(parseJson(data));
  } catch {
    throw new Refusal('The address book cannot be read');
  }
}

function listOf(value: unknown): readonly unknown[] {
  const list = Array.isArray(value) ? value : [];
  if (list.length > MAX_PEERS) throw new Refusal(`At most ${MAX_PEERS} devices can be stored`);
  return list;
}

function tagsOf(guid: string, given: Fields, old: ReadonlyMap<string, number>): BookTagTable[] {
  const text = given['tag_colors'];
  const colors = typeof text === 'string' && text !== '' ? parsed(text) : {};
  const names = new Set(listOf(given['tags']).map(tagName));
  return [...names].map((name) => {
    const given = Object.hasOwn(colors, name) ? colors[name] : undefined;
    const color = given ?? old.get(name) ?? BLACK;
    return { book_guid: guid, name, color: tagColor(color) };
  });
}

/** An entry without what the list joined to it. */
function plainEntry(entry: ListedPeer): BookPeerTable {
  const columns = Object.keys(newPeer('', '', {}));
  const own = Object.entries(entry).filter(([name]) => columns.includes(name));
  return newPeer(entry.book_guid, entry.id, Object.fromEntries(own));
}

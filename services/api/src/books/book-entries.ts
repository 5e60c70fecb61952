import type { BookPeerStore, PeerFilter } from '../store/book-peer-store.js';
import type { BookTagStore } from '../store/book-tag-store.js';
import type { Viewer } from '../store/book-store.js';
import type { Vault } from '../store/vault.js';
import { type Fields, text } from '../http/fields.js';
import type { Page, Paged } from '../http/page.js';
import { Refusal } from '../http/refusal.js';
import type { AddressBooks } from './address-books.js';
import { newPeer, peerChanges, peerId, tagColor, tagName } from './peer-input.js';
import { type PeerView, peerView } from './peer-view.js';

const READ = 1;
const READ_WRITE = 2;
const MAX_TAGS = 100;

/** What is in address books. Everything refused throws Refusal. */
export class BookEntries {
  constructor(
    private readonly books: AddressBooks,
    private readonly peerStore: BookPeerStore,
    private readonly tagStore: BookTagStore,
    private readonly vault: Vault,
    private readonly config: { readonly maxPeersPerBook: number },
  ) {}

  async peers(
    guid: string,
    viewer: Viewer,
    page: Page,
    filter: PeerFilter,
  ): Promise<Paged<PeerView>> {
    const { book } = await this.books.require(guid, viewer, READ);
    const { total, data } = await this.peerStore.list(guid, page, filter);
    return { total, data: data.map((peer) => peerView(peer, book.personal === 1, this.vault)) };
  }

  async tags(guid: string, viewer: Viewer): Promise<{ name: string; color: number }[]> {
    await this.books.require(guid, viewer, READ);
    const tags = await this.tagStore.list(guid);
    return tags.map(({ name, color }) => ({ name, color }));
  }

  /** Adds a device; one that is there is changed, so that a repeated request does no harm. */
  async addPeer(guid: string, viewer: Viewer, fields: Fields): Promise<void> {
    const { book } = await this.books.require(guid, viewer, READ_WRITE);
    const id = peerId(fields);
    const changes = peerChanges(fields, book.personal === 1, this.vault);
    if (await this.peerStore.update(guid, id, changes)) return;
    const limit = this.config.maxPeersPerBook;
    if (limit > 0 && (await this.peerStore.count(guid)) >= limit) {
      throw new Refusal(`An address book holds at most ${limit} devices`);
    }
    await this.peerStore.put(newPeer(guid, id, changes));
  }

  async updatePeer(guid: string, viewer: Viewer, fields: Fields): Promise<void> {
    const { book } = await this.books.require(guid, viewer, READ_WRITE);
    const changes = peerChanges(fields, book.personal === 1, this.vault);
    const found = await this.peerStore.update(guid, peerId(fields), changes);
    if (!found) throw new Refusal('There is no such device in this address book');
  }

  async removePeers(guid: string, viewer: Viewer, ids: readonly string[]): Promise<void> {
    await this.books.require(guid, viewer, READ_WRITE);
    await this.peerStore.remove(guid, ids);
  }

  async addTag(guid: string, viewer: Viewer, fields: Fields): Promise<void> {
    await this.books.require(guid, viewer, READ_WRITE);
    const tag = {
      book_guid: guid,
      name: tagName(fields['name']),
      color: tagColor(fields['color']),
    };
    if ((await this.tagStore.list(guid)).length >= MAX_TAGS) {
      throw new Refusal(`An address book holds at most ${MAX_TAGS} tags`);
    }
    await this.tagStore.add(tag);
  }

  async renameTag(guid: string, viewer: Viewer, fields: Fields): Promise<void> {
    await this.books.require(guid, viewer, READ_WRITE);
    const old = text(fields, 'old');
    const name = tagName(fields['new']);
    if (old === name) return;
    const outcome = await this.tagStore.rename(guid, old, name);
    if (outcome === 'taken') throw new Refusal('There is a tag of this name');
    if (outcome === 'unknown') throw new Refusal('There is no such tag');
  }

  async recolorTag(guid: string, viewer: Viewer, fields: Fields): Promise<void> {
    await this.books.require(guid, viewer, READ_WRITE);
    const tag = {
      book_guid: guid,
      name: tagName(fields['name']),
      color: tagColor(fields['color']),
    };
    if (!(await this.tagStore.recolor(tag))) throw new Refusal('There is no such tag');
  }

  async removeTags(guid: string, viewer: Viewer, names: readonly string[]): Promise<void> {
    await this.books.require(guid, viewer, READ_WRITE);
    await this.tagStore.remove(guid, names);
  }
}

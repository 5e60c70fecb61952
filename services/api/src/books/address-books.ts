import type { BookRight, BookTable } from '../store/book-tables.js';
import type { BookStore, Viewer, VisibleBook } from '../store/book-store.js';
import { nameKey } from '../store/user-store.js';
import type { Vault } from '../store/vault.js';
import { Refusal } from '../http/refusal.js';

const READ_WRITE = 2;
const FULL = 3;
const NOT_FOUND = 404;
/** Not 401, which would log the client out. */
const FORBIDDEN = 403;
/** The client's own names for personal books. */
const RESERVED = ['my address book', 'legacy address book'];
const MAX_BOOKS = 1000;

/** A shared book as clients list it. */
export interface BookProfile {
  readonly guid: string;
  readonly name: string;
  readonly owner: string;
  readonly note: string;
  readonly rule: BookRight;
  /** Left out when the book has no password. */
  readonly info?: { readonly password: string };
}

/** What an operator or owner sets of a shared book. */
export interface BookFacts {
  readonly name: string;
  readonly note: string;
  readonly password: string;
}

/** Who sees which address book, and with which right. Everything refused throws Refusal. */
export class AddressBooks {
  constructor(
    private readonly books: BookStore,
    private readonly vault: Vault,
  ) {}

  async personalGuid(viewer: Viewer): Promise<string> {
    return (await this.books.personal(viewer.guid)).guid;
  }

  /** The book, if the viewer has at least this right; who may not see it learns nothing of it. */
  async require(guid: string, viewer: Viewer, right: BookRight): Promise<VisibleBook> {
    const visible = await this.books.visible(guid, viewer);
    if (visible === undefined) throw new Refusal('There is no such address book', NOT_FOUND);
    if (visible.right >= right) return visible;
    const needed = right === READ_WRITE ? 'change' : 'manage';
    throw new Refusal(`You may not ${needed} this address book`, FORBIDDEN);
  }

  /**
   * Every shared book, with names that differ: clients tell books apart by name, so a second one of
   * a name (possible when others share books) also shows its owner.
   */
  async profiles(viewer: Viewer): Promise<BookProfile[]> {
    const taken = new Set<string>();
    const visible = await this.books.shared(viewer);
    return visible.map(({ book, ownerName, right }) => {
      const name = freeName(book.name, ownerName, taken);
      const password = this.vault.open(book.password);
      const profile = { guid: book.guid, name, owner: ownerName, note: book.note, rule: right };
      return password === '' ? profile : { ...profile, info: { password } };
    });
  }

  /** Makes a shared book; returns its guid. */
  async create(viewer: Viewer, facts: BookFacts): Promise<string> {
    await this.#checkName(viewer, facts.name);
    const password = this.vault.seal(facts.password);
    return (await this.books.share(viewer.guid, { ...facts, password })).guid;
  }

  async update(viewer: Viewer, guid: string, changes: Partial<BookFacts>): Promise<void> {
    const { book } = await this.#requireShared(guid, viewer);
    const { name, note, password } = changes;
    if (name !== undefined && name !== book.name) await this.#checkName(viewer, name, guid);
    await this.books.update(guid, {
      ...(name === undefined ? {} : { name }),
      ...(note === undefined ? {} : { note }),
      ...(password === undefined ? {} : { password: this.vault.seal(password) }),
    });
  }

  async giveTo(viewer: Viewer, guid: string, ownerGuid: string): Promise<void> {
    await this.#requireShared(guid, viewer);
    await this.books.update(guid, { owner_guid: ownerGuid });
  }

  async remove(viewer: Viewer, guid: string): Promise<void> {
    await this.#requireShared(guid, viewer);
    await this.books.remove(guid);
  }

  /** A personal book can neither be renamed nor shared nor deleted. */
  async #requireShared(guid: string, viewer: Viewer): Promise<{ book: BookTable }> {
    const visible = await this.require(guid, viewer, FULL);
    if (visible.book.personal === 0) return visible;
    throw new Refusal('This is a personal address book', FORBIDDEN);
  }

  async #checkName(viewer: Viewer, name: string, own?: string): Promise<void> {
    const key = nameKey(name).trim();
    if (key === '') throw new Refusal('An address book needs a name');
    if (RESERVED.includes(key)) throw new Refusal('This name is reserved');
    const visible = await this.books.shared(viewer);
    if (visible.length >= MAX_BOOKS) throw new Refusal('There are too many address books');
    const taken = visible.some(({ book }) => book.guid !== own && nameKey(book.name) === key);
    if (taken) throw new Refusal('There is an address book of this name');
  }
}

function freeName(name: string, ownerName: string, taken: Set<string>): string {
  const candidates = [name, `${name} (${ownerName})`];
  for (let number = 2; candidates.length < MAX_BOOKS; number++) {
    candidates.push(`${name} (${ownerName} ${number})`);
  }
  const free = candidates.find((candidate) => !taken.has(candidate)) ?? name;
  taken.add(free);
  return free;
}

import type { BookRight } from '../store/book-tables.js';
import type { BookStore, Viewer } from '../store/book-store.js';
import type { BookRuleStore } from '../store/book-rule-store.js';
import type { NameStore } from '../store/name-store.js';
import { type Fields, text } from '../http/fields.js';
import { Refusal } from '../http/refusal.js';
import type { AddressBooks } from './address-books.js';

const FULL = 3;
const BAD_REQUEST = 400;
const NOT_FOUND = 404;
const FORBIDDEN = 403;

/** Whom an address book is shared with. Everything refused throws Refusal. */
export class BookRules {
  constructor(
    private readonly books: AddressBooks,
    private readonly store: BookStore,
    private readonly rules: BookRuleStore,
    private readonly names: NameStore,
  ) {}

  async list(viewer: Viewer, bookGuid: string): Promise<object[]> {
    await this.books.require(bookGuid, viewer, FULL);
    const rules = await this.rules.list(bookGuid);
    return rules.map(({ guid, right, user_name, group_name }) => ({
      guid,
      rule: right,
      user: user_name ?? '',
      group: group_name ?? '',
    }));
  }

  /** Returns the rule's guid; a second rule for the same target takes the first one's place. */
  async add(viewer: Viewer, fields: Fields): Promise<string> {
    const bookGuid = text(fields, 'guid');
    const { book } = await this.books.require(bookGuid, viewer, FULL);
    if (book.personal === 1) throw new Refusal('This is a personal address book', FORBIDDEN);
    const right = rightOf(fields);
    const target = await this.#target(text(fields, 'user'), text(fields, 'group'));
    return this.store.setRule({ book_guid: bookGuid, right, ...target });
  }

  async change(viewer: Viewer, fields: Fields): Promise<void> {
    const guid = await this.#require(viewer, text(fields, 'guid'));
    await this.rules.setRight(guid, rightOf(fields));
  }

  async remove(viewer: Viewer, guid: string): Promise<void> {
    await this.rules.remove(await this.#require(viewer, guid));
  }

  async #require(viewer: Viewer, guid: string): Promise<string> {
    const rule = await this.rules.byGuid(guid);
    if (rule === undefined) throw new Refusal('There is no such rule', NOT_FOUND);
    await this.books.require(rule.book_guid, viewer, FULL);
    return guid;
  }

  async #target(user: string, group: string) {
    if (user === '' && group === '') return { target_kind: 'everyone', target_guid: '' } as const;
    const found = user !== '' ? await this.names.user(user) : await this.names.userGroup(group);
    if (found === undefined) throw new Refusal('The rule names nobody', BAD_REQUEST);
    const kind = user !== '' ? ('user' as const) : ('group' as const);
    return { target_kind: kind, target_guid: found };
  }
}

function rightOf(fields: Fields): BookRight {
  const { rule } = fields;
  if (rule === 1 || rule === 2 || rule === 3) return rule;
  throw new Refusal('A rule is 1 to read, 2 to write, 3 for everything', BAD_REQUEST);
}

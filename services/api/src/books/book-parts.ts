import type { Provider } from '@nestjs/common';
import { CONFIG } from '@waystation/ops';
import { provide } from '../http/provide.js';
import { BookPeerStore } from '../store/book-peer-store.js';
import { BookStore } from '../store/book-store.js';
import { BookTagStore } from '../store/book-tag-store.js';
import { BookRuleStore } from '../store/book-rule-store.js';
import { NameStore } from '../store/name-store.js';
import { Vault } from '../store/vault.js';
import { AddressBooks } from './address-books.js';
import { BookEntries } from './book-entries.js';
import { BookRules } from './book-rules.js';
import { LegacyBook } from './legacy-book.js';

/** Address books. */
export const bookParts: Provider[] = [
  provide(AddressBooks, BookStore, Vault),
  provide(BookEntries, AddressBooks, BookPeerStore, BookTagStore, Vault, CONFIG),
  provide(BookRules, AddressBooks, BookStore, BookRuleStore, NameStore),
  provide(LegacyBook, BookStore, BookPeerStore, BookTagStore, Vault),
];

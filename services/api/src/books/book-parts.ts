import type { Provider } from '@nestjs/common';
import { CONFIG } from '@waystation/ops';
import { provide } from '../http/provide.js';
import { BookPeerStore } from '../store/book-peer-store.js';
import { BookStore } from '../store/book-store.js';
import { BookTagStore } from '../store/book-tag-store.js';
import { Vault } from '../store/vault.js';
import { AddressBooks } from './address-books.js';
import { BookEntries } from './book-entries.js';
import { LegacyBook } from './legacy-book.js';

/** Address books. */
export const bookParts: Provider[] = [
  provide(AddressBooks, BookStore, Vault),
  provide(BookEntries, AddressBooks, BookPeerStore, BookTagStore, Vault, CONFIG),
  provide(LegacyBook, BookStore, BookPeerStore, BookTagStore, Vault),
];

import { All, Controller, Inject, Param, Query, UseGuards } from '@nestjs/common';
import { CONFIG } from '@waystation/ops';
import { Caller, ForUsersOrTokens } from '../accounts/access.guard.js';
import type { SignedIn } from '../accounts/login-tokens.js';
import type { ApiConfig } from '../api-config.js';
import { AddressBooks, type BookProfile } from '../books/address-books.js';
import { BookEntries } from '../books/book-entries.js';
import type { PeerView } from '../books/peer-view.js';
import { SharedBooksGuard } from '../books/shared-books.guard.js';
import { type Page, PageQuery, type Paged } from '../http/page.js';

/** Reading address books. Clients POST these reads with an empty body, scripts GET them. */
@Controller('api/ab')
@UseGuards(SharedBooksGuard)
@ForUsersOrTokens('address_books', 'r')
export class AddressBookController {
  constructor(
    private readonly books: AddressBooks,
    private readonly entries: BookEntries,
    @Inject(CONFIG) private readonly config: ApiConfig,
  ) {}

  @All('personal')
  async personal(@Caller() { user }: SignedIn): Promise<{ guid: string }> {
    return { guid: await this.books.personalGuid(user) };
  }

  @All('settings')
  settings(): { max_peer_one_ab: number } {
    return { max_peer_one_ab: this.config.maxPeersPerBook };
  }

  @All('shared/profiles')
  async profiles(
    @Caller() { user }: SignedIn,
    @PageQuery() page: Page,
  ): Promise<Paged<BookProfile>> {
    const all = await this.books.profiles(user);
    return { total: all.length, data: all.slice(page.offset, page.offset + page.limit) };
  }

  @All('peers')
  peers(
    @Caller() { user }: SignedIn,
    @PageQuery() page: Page,
    @Query() { ab, id, alias }: Record<string, unknown>,
  ): Promise<Paged<PeerView>> {
    const filter = {
      ...(typeof id === 'string' ? { id } : {}),
      ...(typeof alias === 'string' ? { alias } : {}),
    };
    return this.entries.peers(typeof ab === 'string' ? ab : '', user, page, filter);
  }

  @All('tags/:guid')
  tags(@Caller() { user }: SignedIn, @Param('guid') guid: string): Promise<object[]> {
    return this.entries.tags(guid, user);
  }
}

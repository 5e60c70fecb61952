import {
  BadRequestException,
  Controller,
  Get,
  NotFoundException,
  Param,
  Query,
} from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller, ForOperators } from '../accounts/access.guard.js';
import type { SignedIn } from '../accounts/login-tokens.js';
import { fieldsOf, text } from '../http/fields.js';
import { JsonBody } from '../http/json-body.js';
import { PutOk } from '../http/ok.js';
import { type Page, PageQuery, type Paged } from '../http/page.js';
import { BookListStore, sharedBooksShape } from '../store/book-list-store.js';
import { BookStore } from '../store/book-store.js';
import { NameStore } from '../store/name-store.js';
import { Audited } from './audited.js';
import { Describe } from './describe.js';
import { DescribeList } from './describe-list.js';
import { listWish } from './list-query.js';

/**
 * Shared address books, whosever they are. An operator learns that they are there and may give them
 * to somebody else, himself for example; what is in them stays with those whom they are shared with.
 */
@Controller('api/v1/address-books')
@ApiTags('address books')
@ForOperators('address_books', 'rw')
export class AddressBooksController {
  constructor(
    private readonly books: BookListStore,
    private readonly names: NameStore,
    private readonly visible: BookStore,
  ) {}

  @Get()
  @ForOperators('address_books', 'r')
  @Describe('List the shared address books of everybody')
  @DescribeList(sharedBooksShape)
  async list(
    @Caller() { user }: SignedIn,
    @Query() query: unknown,
    @PageQuery() page: Page,
  ): Promise<Paged<object>> {
    const { total, data } = await this.books.list(listWish(sharedBooksShape, query), page);
    const rights = new Map(
      (await this.visible.shared(user)).map(({ book, right }) => [book.guid, right]),
    );
    const rows = data.map(({ guid, name, note, owner_name, peers, rules }) => {
      const counts = { peers: Number(peers), rules: Number(rules) };
      return { guid, name, note, owner: owner_name, ...counts, right: rights.get(guid) ?? 0 };
    });
    return { total, data: rows };
  }

  @PutOk(':guid/owner')
  @Audited('addressBook', 'giveBook')
  @Describe('Give a shared address book to another user', { user: 'text' })
  async give(@Param('guid') guid: string, @JsonBody() body: unknown): Promise<void> {
    const owner = await this.names.user(text(fieldsOf(body), 'user'));
    if (owner === undefined) throw new BadRequestException('There is no such user');
    if (await this.books.give(guid, owner)) return;
    throw new NotFoundException('There is no such address book');
  }
}

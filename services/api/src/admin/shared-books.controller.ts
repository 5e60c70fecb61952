import { BadRequestException, Controller, Get, Patch, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller, ForUsersOrTokens } from '../accounts/access.guard.js';
import type { SignedIn } from '../accounts/login-tokens.js';
import { AddressBooks, type BookFacts } from '../books/address-books.js';
import { BookRules } from '../books/book-rules.js';
import { type Fields, fieldsOf, optionalText, text, textList } from '../http/fields.js';
import { JsonBody } from '../http/json-body.js';
import { DeleteOk, PostOk, PutOk } from '../http/ok.js';
import type { Paged } from '../http/page.js';
import { NameStore } from '../store/name-store.js';
import { Audited } from './audited.js';
import { Describe } from './describe.js';
import { SubjectNames } from './subject-names.js';

const MAX_ITEMS = 1000;

/** Making and sharing address books; everybody may, with his own. */
@Controller('api/ab')
@ApiTags('address books')
@ForUsersOrTokens('address_books', 'rw')
export class SharedBooksController {
  constructor(
    private readonly books: AddressBooks,
    private readonly rules: BookRules,
    private readonly names: NameStore,
    private readonly subjects: SubjectNames,
  ) {}

  @PostOk('shared/add')
  @Audited('addressBook', 'addBook')
  @Describe('Make a shared address book', { name: 'text', 'note?': 'text', 'info?': 'object' })
  async create(@Caller() { user }: SignedIn, @JsonBody() body: unknown): Promise<object> {
    const { name = '', note = '', password = '' } = bookFacts(fieldsOf(body));
    return { guid: await this.books.create(user, { name, note, password }) };
  }

  @PutOk('shared/update/profile')
  @Audited('addressBook', 'renameBook')
  @Describe('Change a shared address book', {
    guid: 'text',
    'name?': 'text',
    'note?': 'text',
    'owner?': 'text',
    'info?': 'object',
  })
  async update(@Caller() { user }: SignedIn, @JsonBody() body: unknown): Promise<void> {
    const fields = fieldsOf(body);
    const guid = text(fields, 'guid');
    const owner = text(fields, 'owner');
    const ownerGuid = owner === '' ? undefined : await this.names.user(owner);
    if (owner !== '' && ownerGuid === undefined) {
      throw new BadRequestException('There is no such user');
    }
    await this.books.update(user, guid, bookFacts(fields));
    if (ownerGuid !== undefined) await this.books.giveTo(user, guid, ownerGuid);
  }

  @DeleteOk('shared')
  @Audited('addressBook', 'deleteBook')
  @Describe('Delete shared address books', 'texts')
  async remove(@Caller() caller: SignedIn, @JsonBody() body: unknown): Promise<void> {
    const guids = textList(body, MAX_ITEMS);
    await this.subjects.keep(caller, guids);
    for (const guid of guids) await this.books.remove(caller.user, guid);
  }

  @Get('rules')
  @ForUsersOrTokens('address_books', 'r')
  @Describe('List the sharing rules of an address book')
  async list(
    @Caller() { user }: SignedIn,
    @Query() query: Record<string, unknown>,
  ): Promise<Paged<object>> {
    const data = await this.rules.list(user, text(query, 'ab'));
    return { total: data.length, data };
  }

  @PostOk('rule')
  @Audited('addressBook', 'addRule')
  @Describe('Share an address book with a user, a user group, or everyone', {
    guid: 'text',
    rule: 'number',
    'user?': 'text',
    'group?': 'text',
  })
  async add(@Caller() { user }: SignedIn, @JsonBody() body: unknown): Promise<object> {
    return { guid: await this.rules.add(user, fieldsOf(body)) };
  }

  @Patch('rule')
  @Audited('addressBook', 'updateRule')
  @Describe('Change a sharing rule', { guid: 'text', rule: 'number' })
  change(@Caller() { user }: SignedIn, @JsonBody() body: unknown): Promise<void> {
    return this.rules.change(user, fieldsOf(body));
  }

  @DeleteOk('rules')
  @Audited('addressBook', 'deleteRule')
  @Describe('Delete sharing rules', 'texts')
  async removeRules(@Caller() caller: SignedIn, @JsonBody() body: unknown): Promise<void> {
    const guids = textList(body, MAX_ITEMS);
    await this.subjects.keep(caller, guids);
    for (const guid of guids) await this.rules.remove(caller.user, guid);
  }
}

function bookFacts(fields: Fields): Partial<BookFacts> {
  const [name, note] = [optionalText(fields, 'name', 128), optionalText(fields, 'note', 300)];
  const info = fieldsOf(fields['info']);
  const password = optionalText(info, 'password');
  return {
    ...(name === undefined ? {} : { name: name.trim() }),
    ...(note === undefined ? {} : { note }),
    ...(password === undefined ? {} : { password }),
  };
}

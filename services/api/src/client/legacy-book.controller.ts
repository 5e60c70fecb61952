import { Controller, Get } from '@nestjs/common';
import { Caller, ForUsers } from '../accounts/access.guard.js';
import type { SignedIn } from '../accounts/login-tokens.js';
import { LegacyBook } from '../books/legacy-book.js';
import { fieldsOf } from '../http/fields.js';
import { BOOK_LIMIT_BYTES, JsonBody } from '../http/json-body.js';
import { PostOk } from '../http/ok.js';

/** The address book of old clients; new ones use it too where shared books are off. */
@Controller('api/ab')
@ForUsers()
export class LegacyBookController {
  constructor(private readonly book: LegacyBook) {}

  @Get()
  read(@Caller() { user }: SignedIn): Promise<{ data: string }> {
    return this.book.read(user);
  }

  /** The same for the oldest client, which can only POST. */
  @PostOk('get')
  readByPost(@Caller() { user }: SignedIn): Promise<{ data: string }> {
    return this.book.read(user);
  }

  @PostOk()
  write(@Caller() { user }: SignedIn, @JsonBody(BOOK_LIMIT_BYTES) body: unknown): Promise<void> {
    return this.book.write(user, fieldsOf(body));
  }
}

import { Controller, Param, UseGuards } from '@nestjs/common';
import { Caller, ForUsersOrTokens } from '../accounts/access.guard.js';
import type { SignedIn } from '../accounts/login-tokens.js';
import { BookEntries } from '../books/book-entries.js';
import { SharedBooksGuard } from '../books/shared-books.guard.js';
import { fieldsOf, textList } from '../http/fields.js';
import { JsonBody } from '../http/json-body.js';
import { DeleteOk, PostOk, PutOk } from '../http/ok.js';

/** Ids and tags that one request may name. */
const MAX_ITEMS = 10_000;

/** Changing address books. Clients take only 200 with an empty body for success. */
@Controller('api/ab')
@UseGuards(SharedBooksGuard)
@ForUsersOrTokens('address_books', 'rw')
export class AddressBookChangesController {
  constructor(private readonly entries: BookEntries) {}

  @PostOk('peer/add/:guid')
  addPeer(@Caller() caller: SignedIn, @Param('guid') guid: string, @JsonBody() body: unknown) {
    return this.entries.addPeer(guid, caller.user, fieldsOf(body));
  }

  @PutOk('peer/update/:guid')
  updatePeer(@Caller() caller: SignedIn, @Param('guid') guid: string, @JsonBody() body: unknown) {
    return this.entries.updatePeer(guid, caller.user, fieldsOf(body));
  }

  @DeleteOk('peer/:guid')
  removePeers(@Caller() caller: SignedIn, @Param('guid') guid: string, @JsonBody() body: unknown) {
    return this.entries.removePeers(guid, caller.user, textList(body, MAX_ITEMS));
  }

  @PostOk('tag/add/:guid')
  addTag(@Caller() caller: SignedIn, @Param('guid') guid: string, @JsonBody() body: unknown) {
    return this.entries.addTag(guid, caller.user, fieldsOf(body));
  }

  @PutOk('tag/rename/:guid')
  renameTag(@Caller() caller: SignedIn, @Param('guid') guid: string, @JsonBody() body: unknown) {
    return this.entries.renameTag(guid, caller.user, fieldsOf(body));
  }

  @PutOk('tag/update/:guid')
  recolorTag(@Caller() caller: SignedIn, @Param('guid') guid: string, @JsonBody() body: unknown) {
    return this.entries.recolorTag(guid, caller.user, fieldsOf(body));
  }

  @DeleteOk('tag/:guid')
  removeTags(@Caller() caller: SignedIn, @Param('guid') guid: string, @JsonBody() body: unknown) {
    return this.entries.removeTags(guid, caller.user, textList(body, MAX_ITEMS));
  }
}

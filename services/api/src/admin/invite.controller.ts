import { Controller, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller, ForOperators } from '../accounts/access.guard.js';
import { type Invited, Invitations } from '../accounts/invitations.js';
import type { SignedIn } from '../accounts/login-tokens.js';
import { fieldsOf, text } from '../http/fields.js';
import { JsonBody } from '../http/json-body.js';
import { PostOk } from '../http/ok.js';
import { Audited } from './audited.js';
import { Describe } from './describe.js';
import { UserAdmin } from './user-admin.js';

/** The beginning of an account by a link. */
@Controller('api/users')
@ApiTags('users')
@ForOperators('users', 'rw')
export class InviteController {
  constructor(
    private readonly users: UserAdmin,
    private readonly invitations: Invitations,
  ) {}

  @PostOk('invite')
  @Audited('user', 'inviteUser')
  @Describe('Invite somebody: a link to choose a password, mailed or else in the answer, once', {
    name: 'text',
    'email?': 'text',
    'group_name?': 'text',
    'note?': 'text',
    'display_name?': 'text',
    'is_admin?': 'yes or no',
    'url?': 'text',
  })
  async invite(@Caller() caller: SignedIn, @JsonBody() body: unknown): Promise<object> {
    const fields = fieldsOf(body);
    const guid = await this.users.createInvited(caller, fields);
    return { guid, ...(await this.#send(guid, text(fields, 'url', 2048))) };
  }

  @PostOk(':guid/invite')
  @Audited('user', 'inviteUser')
  @Describe('Send a new link to somebody who has not used his; the old one ends', {
    'url?': 'text',
  })
  again(@Param('guid') guid: string, @JsonBody() body: unknown): Promise<object> {
    return this.#send(guid, text(fieldsOf(body), 'url', 2048));
  }

  async #send(guid: string, address: string): Promise<Invited> {
    return this.invitations.invite(await this.users.require(guid), address);
  }
}

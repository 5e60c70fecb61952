import { Controller } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Invitations } from '../accounts/invitations.js';
import { passwordHash } from '../accounts/password-rules.js';
import { fieldsOf, text } from '../http/fields.js';
import { JsonBody } from '../http/json-body.js';
import { PostOk } from '../http/ok.js';
import { Describe } from '../admin/describe.js';

/** What somebody who was invited does before he has a login: the token of his link is all he has. */
@Controller('api/v1/invitations')
@ApiTags('invitations')
export class InvitationsController {
  constructor(private readonly invitations: Invitations) {}

  @PostOk('look')
  @Describe('Show whose account an invitation is for', { token: 'text' })
  async look(@JsonBody() body: unknown): Promise<object> {
    const { name, display_name } = await this.invitations.look(text(fieldsOf(body), 'token'));
    return { name, display_name };
  }

  @PostOk('accept')
  @Describe('Choose the password of the account; the invitation is used up', {
    token: 'text',
    password: 'text',
  })
  async accept(@JsonBody() body: unknown): Promise<void> {
    const fields = fieldsOf(body);
    const token = text(fields, 'token');
    // looked at first: to hash a password is dear, and for the invited alone
    const user = await this.invitations.look(token);
    await this.invitations.accept(token, user, await passwordHash(fields));
  }
}

import { Controller, Param, Patch } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller, ForOperators } from '../accounts/access.guard.js';
import type { SignedIn } from '../accounts/login-tokens.js';
import { fieldsOf, text, textList } from '../http/fields.js';
import { JsonBody } from '../http/json-body.js';
import { DeleteOk, PostOk, PutOk } from '../http/ok.js';
import { Refusal } from '../http/refusal.js';
import { Audited } from './audited.js';
import { Describe } from './describe.js';
import { UserAdmin } from './user-admin.js';

const MAX_USERS = 10_000;

/** Changing users. */
@Controller('api/users')
@ApiTags('users')
@ForOperators('users', 'rw')
export class UserAdminController {
  constructor(private readonly users: UserAdmin) {}

  @PostOk()
  @Describe('Add a user', {
    name: 'text',
    'password?': 'text',
    'group_name?': 'text',
    'email?': 'text',
    'note?': 'text',
    'display_name?': 'text',
    'is_admin?': 'yes or no',
  })
  async create(@Caller() caller: SignedIn, @JsonBody() body: unknown): Promise<object> {
    return { guid: await this.users.create(caller, fieldsOf(body)) };
  }

  @PostOk('force-logout')
  @Audited('user', 'endLogins')
  @Describe('End every login of users', { user_guids: 'texts' })
  async logOut(@JsonBody() body: unknown): Promise<void> {
    await this.users.logOut(textList(fieldsOf(body)['user_guids'], MAX_USERS));
  }

  @PutOk('disable_login_verification')
  @Audited('user', 'resetSecondFactor')
  @Describe('Take the second factor, or codes by e-mail, from users', {
    user_guids: 'texts',
    type: 'text',
  })
  async disableVerification(@JsonBody() body: unknown): Promise<void> {
    const fields = fieldsOf(body);
    const guids = textList(fields['user_guids'], MAX_USERS);
    switch (text(fields, 'type')) {
      case '2fa':
        return this.users.resetTotp(guids);
      case 'email':
        return this.users.switchMailCodesOff(guids);
      default:
        throw new Refusal('type is 2fa or email', 400);
    }
  }

  @PutOk('tfa/totp/enforce')
  @Audited('user', 'requireSecondFactor')
  @Describe('Say whether users have to have an authenticator app; they set it up as they sign in', {
    user_guids: 'texts',
    enforce: 'yes or no',
    'url?': 'text',
  })
  async enforce(@JsonBody() body: unknown): Promise<void> {
    const fields = fieldsOf(body);
    const guids = textList(fields['user_guids'], MAX_USERS);
    await this.users.requireTotp(guids, fields['enforce'] === true);
  }

  @Patch(':guid')
  @Describe('Change a user', {
    'password?': 'text',
    'group_name?': 'text',
    'email?': 'text',
    'note?': 'text',
    'display_name?': 'text',
    'is_admin?': 'yes or no',
    'email_verification?': 'yes or no',
  })
  update(@Caller() caller: SignedIn, @Param('guid') guid: string, @JsonBody() body: unknown) {
    return this.users.update(caller, guid, fieldsOf(body));
  }

  @PostOk(':guid/enable')
  @Describe('Let a user in again')
  enable(@Caller() caller: SignedIn, @Param('guid') guid: string): Promise<void> {
    return this.users.setStatus(caller, guid, 1);
  }

  @PostOk(':guid/disable')
  @Describe('Shut a user out and end his logins and relayed sessions')
  disable(@Caller() caller: SignedIn, @Param('guid') guid: string): Promise<void> {
    return this.users.setStatus(caller, guid, 0);
  }

  @DeleteOk(':guid')
  @Describe('Delete a user with his address books')
  remove(@Caller() caller: SignedIn, @Param('guid') guid: string): Promise<void> {
    return this.users.remove(caller, guid);
  }
}

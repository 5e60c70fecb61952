import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller, ForUsers } from '../accounts/access.guard.js';
import type { SignedIn } from '../accounts/login-tokens.js';
import { OwnMailCode } from '../accounts/own-mail-code.js';
import { OwnPassword } from '../accounts/own-password.js';
import { SecondFactor } from '../accounts/second-factor.js';
import { ownView } from '../accounts/user-view.js';
import { pictureOf } from '../accounts/enrolment.js';
import { TotpPolicy } from '../accounts/totp-policy.js';
import { MAX_PASSWORD_CHARS } from '../accounts/password.js';
import { ClientAddress } from '../http/client-address.js';
import { fieldsOf, text } from '../http/fields.js';
import { JsonBody } from '../http/json-body.js';
import { PostOk, PutOk } from '../http/ok.js';
import { Describe } from './describe.js';

/** What every user does with his own account. */
@Controller('api/v1/me')
@ApiTags('me')
@ForUsers()
export class MeController {
  constructor(
    private readonly factor: SecondFactor,
    private readonly passwords: OwnPassword,
    private readonly mailCodes: OwnMailCode,
    private readonly totp: TotpPolicy,
  ) {}

  @Get()
  @Describe('Show the own account')
  me(@Caller() { user }: SignedIn): object {
    return {
      ...ownView(user),
      tfa: user.totp_secret !== null,
      tfa_required: this.totp.requires(user),
      has_password: user.password_hash !== null,
      password_change_advised: user.password_given === 1,
    };
  }

  @PostOk('password')
  @Describe('Change the own password; every other login ends', { old: 'text', new: 'text' })
  changePassword(
    @Caller() caller: SignedIn,
    @JsonBody() body: unknown,
    @ClientAddress() address: string,
  ): Promise<void> {
    const fields = fieldsOf(body);
    const [old, next] = [text(fields, 'old', MAX_PASSWORD_CHARS), text(fields, 'new', 257)];
    return this.passwords.change(caller, old, next, address);
  }

  @PutOk('mail-code')
  @Describe('Switch codes by e-mail at sign-in on or off', { on: 'yes or no', password: 'text' })
  async mailCode(
    @Caller() { user }: SignedIn,
    @JsonBody() body: unknown,
    @ClientAddress() address: string,
  ): Promise<void> {
    const fields = fieldsOf(body);
    const password = text(fields, 'password', MAX_PASSWORD_CHARS);
    await this.mailCodes.choose(user, fields['on'] === true, password, address);
  }

  @PostOk('totp/begin')
  @Describe('Get a secret for an authenticator app')
  begin(@Caller() { user }: SignedIn): object {
    const begun = this.factor.begin(user);
    return { ...begun, qr: pictureOf(begun.uri) };
  }

  @PostOk('totp/confirm')
  @Describe('Switch the second factor on with a code of the app', { proof: 'text', code: 'text' })
  async confirm(@Caller() { user }: SignedIn, @JsonBody() body: unknown): Promise<object> {
    const fields = fieldsOf(body);
    const codes = await this.factor.confirm(user, text(fields, 'proof', 512), text(fields, 'code'));
    return { recovery_codes: codes };
  }

  @PostOk('totp/disable')
  @Describe('Switch the second factor off with a code', { code: 'text' })
  disable(@Caller() { user }: SignedIn, @JsonBody() body: unknown): Promise<void> {
    return this.factor.disable(user, text(fieldsOf(body), 'code'));
  }
}

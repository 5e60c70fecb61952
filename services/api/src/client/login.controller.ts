import { Controller } from '@nestjs/common';
import type { EnrolmentAttempt } from '../accounts/enrolment.js';
import { loginAnswer } from '../accounts/login-answer.js';
import { Login } from '../accounts/login.js';
import { type SignedIn, LoginTokens } from '../accounts/login-tokens.js';
import { Caller, ForUsers } from '../accounts/access.guard.js';
import { type UserView, ownView } from '../accounts/user-view.js';
import { MAX_PASSWORD_CHARS } from '../accounts/password.js';
import { ClientAddress } from '../http/client-address.js';
import { type Fields, fieldsOf, optionalText, text } from '../http/fields.js';
import { JsonBody } from '../http/json-body.js';
import { PostOk } from '../http/ok.js';
import { Refusal } from '../http/refusal.js';
import { deviceName, deviceOf } from './login-device.js';

/** Signing in and out on a client. */
@Controller('api')
export class LoginController {
  constructor(
    private readonly logins: Login,
    private readonly tokens: LoginTokens,
  ) {}

  @PostOk('login')
  async login(@JsonBody() body: unknown, @ClientAddress() address: string): Promise<object> {
    const fields = fieldsOf(body);
    switch (text(fields, 'type')) {
      case '':
      case 'account':
        return loginAnswer(await this.logins.withPassword(passwordAttempt(fields, address)));
      case 'email_code':
        return loginAnswer(await this.logins.withCode(codeAttempt(fields)));
      // the web console alone
      case 'enrol_totp':
        return loginAnswer(await this.logins.withEnrolment(enrolmentAttempt(fields)));
      default:
        throw new Refusal('Unsupported login type');
    }
  }

  /** Takes no part in reading the body: clients drop their login at a 400. */
  @PostOk('currentUser')
  @ForUsers()
  currentUser(@Caller() { user }: SignedIn): UserView {
    return ownView(user);
  }

  /** A client that logs out twice gets a 401 the second time, which it takes for logged out. */
  @PostOk('logout')
  @ForUsers()
  async logout(@Caller() { tokenHash }: SignedIn): Promise<void> {
    await this.tokens.revoke(tokenHash);
  }
}

function passwordAttempt(fields: Fields, address: string) {
  const username = text(fields, 'username');
  const password = text(fields, 'password', MAX_PASSWORD_CHARS);
  const [device, canEnrol] = [deviceOf(fields), fields['enrol'] === true];
  return { username, password, device, deviceName: deviceName(fields), address, canEnrol };
}

/**
 * An authenticator's code comes in `tfaCode`, and in `verificationCode` as well. An empty `tfaCode`
 * is how the oldest client says that the code came by mail.
 */
function codeAttempt(fields: Fields) {
  const tfaCode = optionalText(fields, 'tfaCode');
  const code = tfaCode === undefined || tfaCode === '' ? text(fields, 'verificationCode') : tfaCode;
  const [secret, username] = [text(fields, 'secret'), text(fields, 'username')];
  const fromApp = code === tfaCode;
  const [device, canEnrol] = [deviceOf(fields), fields['enrol'] === true];
  return { secret, code, fromApp, mailed: tfaCode === '', username, device, canEnrol };
}

function enrolmentAttempt(fields: Fields): EnrolmentAttempt {
  const [secret, code] = [text(fields, 'secret'), text(fields, 'code')];
  return { secret, code, proof: text(fields, 'proof', 512), device: deviceOf(fields) };
}

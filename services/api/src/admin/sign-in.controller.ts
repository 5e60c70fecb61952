import { Controller, Get, Inject, NotFoundException, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CONFIG, reasonOf } from '@waystation/ops';
import { ForAdmins } from '../accounts/access.guard.js';
import type { ApiConfig } from '../api-config.js';
import { PostOk } from '../http/ok.js';
import { Directory } from '../sign-in/directory.js';
import { OidcProviders } from '../sign-in/oidc-providers.js';
import { SmtpMailer } from '../sign-in/smtp-mailer.js';
import { Describe } from './describe.js';

/** The ways to sign in, and whether they work now. */
@Controller('api/v1/sign-in')
@ApiTags('sign-in')
@ForAdmins()
export class SignInController {
  constructor(
    private readonly providers: OidcProviders,
    private readonly directory: Directory,
    private readonly mailer: SmtpMailer,
    @Inject(CONFIG) private readonly config: ApiConfig,
  ) {}

  @Get()
  @Describe('Show the ways to sign in besides a password that is kept here')
  show(): object {
    const { oidcProviders, ldapUrls, smtpHost, mailCodes, totpRequired } = this.config;
    const providers = oidcProviders.map(({ name, issuer }) => ({ name, issuer }));
    const redirect_uri = this.providers.redirectUri('');
    return {
      providers,
      redirect_uri,
      ldap_urls: ldapUrls,
      smtp_host: smtpHost,
      mail_codes: mailCodes,
      totp_required: totpRequired,
    };
  }

  @PostOk('providers/:name/test')
  @Describe('Ask an identity provider for what it publishes about itself')
  testProvider(@Param('name') name: string): Promise<object> {
    if (this.providers.byName(name) === undefined) throw new NotFoundException('No such provider');
    return outcomeOf(this.providers.check(name));
  }

  @PostOk('ldap/test')
  @Describe('Connect to the directory, bind and search, as a sign-in does')
  testDirectory(): Promise<object> {
    if (!this.directory.enabled) throw new NotFoundException('There is no directory');
    return outcomeOf(this.directory.check());
  }

  @PostOk('mail/test')
  @Describe('Connect to the mail server and sign in there; sends nothing')
  testMail(): Promise<object> {
    if (!this.mailer.enabled) throw new NotFoundException('There is no mail server');
    return outcomeOf(this.mailer.check());
  }
}

/** A way that does not work is an answer, not a fault of the request. */
async function outcomeOf(check: Promise<void>): Promise<object> {
  try {
    await check;
    return { works: true, reason: '' };
  } catch (error) {
    return { works: false, reason: reasonWithCause(error) };
  }
}

/** With the cause behind it: "fetch failed" alone helps nobody. */
function reasonWithCause(error: unknown): string {
  const cause = error instanceof Error && error.cause ? reasonWithCause(error.cause) : '';
  return [reasonOf(error), cause].filter((part) => part !== '').join(': ');
}

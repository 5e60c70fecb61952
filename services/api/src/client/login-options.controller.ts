import { Controller, Get } from '@nestjs/common';
import { OidcProviders } from '../sign-in/oidc-providers.js';

/** What the login dialog asks first: the ways to sign in besides a password. */
@Controller('api/login-options')
export class LoginOptionsController {
  constructor(private readonly providers: OidcProviders) {}

  /** Never fails: an error here makes the newest clients show a retry button instead of the form. */
  @Get()
  options(): readonly string[] {
    return this.providers.options();
  }
}

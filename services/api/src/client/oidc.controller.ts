import { Controller, Get } from '@nestjs/common';
import { PostOk } from '../http/ok.js';
import { Refusal } from '../http/refusal.js';

/** Signing in elsewhere. login-options names no provider, so that clients do not come here. */
@Controller('api/oidc')
export class OidcController {
  @PostOk('auth')
  begin(): never {
    throw new Refusal('There is no such sign-in provider');
  }

  /** Any text but the one for "still waiting" ends the client's polling. */
  @Get('auth-query')
  poll(): never {
    throw new Refusal('This sign-in is unknown or over');
  }
}

import { Controller, Get } from '@nestjs/common';

/** What the login dialog asks first: the ways to sign in besides a password. */
@Controller('api/login-options')
export class LoginOptionsController {
  /** Never fails: an error here makes the newest clients show a retry button instead of the form. */
  @Get()
  options(): readonly string[] {
    return [];
  }
}

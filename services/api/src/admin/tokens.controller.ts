import { BadRequestException, Controller, Get, NotFoundException, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller, ForAdmins } from '../accounts/access.guard.js';
import { ApiTokens, scopesOf } from '../accounts/api-tokens.js';
import type { SignedIn } from '../accounts/login-tokens.js';
import { fieldsOf, text } from '../http/fields.js';
import { JsonBody } from '../http/json-body.js';
import { DeleteOk, PostOk } from '../http/ok.js';
import type { Paged } from '../http/page.js';
import { TokenStore } from '../store/token-store.js';
import { Audited } from './audited.js';
import { Describe } from './describe.js';

/** Tokens for scripts; only a person who is signed in makes them. */
@Controller('api/v1/tokens')
@ApiTags('tokens')
@ForAdmins()
export class TokensController {
  constructor(
    private readonly apiTokens: ApiTokens,
    private readonly tokens: TokenStore,
  ) {}

  @PostOk()
  @Audited('token', 'addToken')
  @Describe('Make a token; its text is shown only in this answer', {
    name: 'text',
    scopes: 'object',
    'expires_at?': 'number',
  })
  async create(@Caller() { user }: SignedIn, @JsonBody() body: unknown): Promise<object> {
    const fields = fieldsOf(body);
    const [name, scopes] = [text(fields, 'name').trim(), scopesOf(fields['scopes'])];
    if (name === '' || Object.keys(scopes).length === 0) {
      throw new BadRequestException('A token needs a name and scopes, each r or rw');
    }
    const seconds = fields['expires_at'];
    const expires = typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : null;
    return this.apiTokens.create(user, name, scopes, expires);
  }

  @Get()
  @Describe('List tokens, without their text')
  async list(): Promise<Paged<object>> {
    const rows = await this.tokens.listApiTokens();
    const data = rows.map(({ guid, name, scopes, created_at, used_at, expires_at }) => ({
      ...{ guid, name, scopes: scopesOf(JSON.parse(scopes)) },
      ...{ created_at, used_at, expires_at },
    }));
    return { total: data.length, data };
  }

  @DeleteOk(':guid')
  @Audited('token', 'deleteToken')
  @Describe('Revoke a token')
  async remove(@Param('guid') guid: string): Promise<void> {
    if (await this.tokens.removeApiToken(guid)) return;
    throw new NotFoundException('There is no such token');
  }
}

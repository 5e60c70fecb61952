import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Get, Header, Query, Req, Res } from '@nestjs/common';
import { ClientAddress } from '../http/client-address.js';
import { fieldsOf, text } from '../http/fields.js';
import { JsonBody, readBody } from '../http/json-body.js';
import { PostOk } from '../http/ok.js';
import { browserBegin, browserHash, endedCookie } from '../sign-in/browser-begin.js';
import { OidcLogins } from '../sign-in/oidc-logins.js';
import { PublicUrls } from '../sign-in/public-urls.js';
import { deviceName, deviceOf } from './login-device.js';
import { PAGE_POLICY, answeredPage, oidcPage } from './oidc-page.js';

type Query = Record<string, unknown>;

const HTML = 'text/html; charset=utf-8';
const SEE_OTHER = 303;
const FORM_LIMIT_BYTES = 4096;

/** Signing in elsewhere: the client's two calls, and the browser's. */
@Controller('api/oidc')
export class OidcController {
  constructor(
    private readonly logins: OidcLogins,
    private readonly urls: PublicUrls,
  ) {}

  /** `browser` is the console's: it asks for the very browser that it runs in. */
  @PostOk('auth')
  async begin(
    @JsonBody() body: unknown,
    @ClientAddress() address: string,
    @Req() { headers }: IncomingMessage,
    @Res({ passthrough: true }) response: ServerResponse,
  ): Promise<{ code: string; url: string }> {
    const fields = fieldsOf(body);
    const apiDomain = text(fields, 'apiDomain', 2048);
    const question = {
      op: text(fields, 'op'),
      device: deviceOf(fields),
      deviceName: deviceName(fields),
      apiDomain,
      address,
    };
    if (fields['browser'] !== true) return this.logins.begin(question);
    const { hash, cookie } = browserBegin(this.urls, apiDomain, headers.origin ?? '');
    const begun = await this.logins.begin({ ...question, browserHash: hash });
    response.setHeader('set-cookie', cookie);
    return begun;
  }

  /** Any text but the one for "still waiting" ends the client's polling. */
  @Get('auth-query')
  poll(@Query() query: Query): Promise<object> {
    return this.logins.poll(text(query, 'code'), deviceOf(query));
  }

  /** The provider sends the browser here. */
  @Get('callback')
  @Header('content-type', HTML)
  @Header('content-security-policy', PAGE_POLICY)
  async callback(
    @Req() request: IncomingMessage,
    @Query() query: Query,
    @ClientAddress() address: string,
    @Res({ passthrough: true }) response: ServerResponse,
  ): Promise<string> {
    const search = /\?.*/s.exec(request.url ?? '')?.[0] ?? '';
    const from = { address, browserHash: browserHash(request.headers.cookie) };
    const back = await this.logins.returned(text(query, 'state'), search, from);
    if (back.kind !== 'console') return oidcPage(back);
    response.statusCode = SEE_OTHER;
    response.setHeader('location', `${back.address}/`);
    response.setHeader('set-cookie', endedCookie(back.address));
    return '';
  }

  /** The person's answer to the question on the page. */
  @PostOk('confirm')
  @Header('content-type', HTML)
  @Header('content-security-policy', PAGE_POLICY)
  async confirm(@Req() request: IncomingMessage): Promise<string> {
    const form = new URLSearchParams((await readBody(request, FORM_LIMIT_BYTES)).toString('utf8'));
    const yes = form.get('answer') === 'yes';
    return answeredPage(await this.logins.confirm(form.get('confirm') ?? '', yes), yes);
  }
}

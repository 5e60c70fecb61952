import type { IncomingMessage } from 'node:http';
import { Controller, Get, Header, Query, Req } from '@nestjs/common';
import { ClientAddress } from '../http/client-address.js';
import { fieldsOf, text } from '../http/fields.js';
import { JsonBody, readBody } from '../http/json-body.js';
import { PostOk } from '../http/ok.js';
import { OidcLogins } from '../sign-in/oidc-logins.js';
import { deviceName, deviceOf } from './login-device.js';
import { PAGE_POLICY, answeredPage, oidcPage } from './oidc-page.js';

type Query = Record<string, unknown>;

const HTML = 'text/html; charset=utf-8';
const FORM_LIMIT_BYTES = 4096;

/** Signing in elsewhere: the client's two calls, and the browser's. */
@Controller('api/oidc')
export class OidcController {
  constructor(private readonly logins: OidcLogins) {}

  @PostOk('auth')
  begin(
    @JsonBody() body: unknown,
    @ClientAddress() address: string,
  ): Promise<{ code: string; url: string }> {
    const fields = fieldsOf(body);
    return this.logins.begin({
      op: text(fields, 'op'),
      device: deviceOf(fields),
      deviceName: deviceName(fields),
      apiDomain: text(fields, 'apiDomain', 2048),
      address,
    });
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
  ): Promise<string> {
    const search = /\?.*/s.exec(request.url ?? '')?.[0] ?? '';
    return oidcPage(await this.logins.returned(text(query, 'state'), search, address));
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

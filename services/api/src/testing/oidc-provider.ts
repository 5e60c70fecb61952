import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a test bends to see it refused. */
export interface Bent {
  /** Claims that replace those of the ID token; undefined takes one away. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Signs with a key that the provider does not publish. */
  readonly wrongKey?: boolean;
  /** Sends the ID token unsigned. */
  readonly unsigned?: boolean;
}

interface Grant {
  readonly nonce: string;
  readonly challenge: string;
  readonly redirectUri: string;
}

const CLIENT = { id: 'waystation', secret: 'a secret of the client' };
const HOUR_S = 3600;

/** A small OpenID Connect provider: discovery, code flow with PKCE, RS256 tokens, user info. */
export class OidcTestProvider {
  readonly clientId = CLIENT.id;
  readonly clientSecret = CLIENT.secret;
  /** Who signs in next, and what the provider says of him. */
  person: Readonly<Record<string, unknown>> = { sub: 'subject-1', preferred_username: 'olga' };
  bent: Bent = {};
  /** What the provider tells at user info only. */
  userInfo: Readonly<Record<string, unknown>> = {};
  /** Secrets that have crossed the wire, to be searched for in logs. */
  readonly secrets: string[] = [CLIENT.secret];
  readonly #grants = new Map<string, Grant>();
  readonly #key = generateKeyPairSync('rsa', { modulusLength: 2048 });
  readonly #strangersKey = generateKeyPairSync('rsa', { modulusLength: 2048 });

  private constructor(private readonly server: Server) {}

  static async start(): Promise<OidcTestProvider> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const provider = new OidcTestProvider(server);
    server.on('request', (request, response) => {
      provider.#serve(request, response).catch((error: unknown) => {
        response.writeHead(500).end(String(error));
      });
    });
    return provider;
  }

  get issuer(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.issuer);
    switch (url.pathname) {
      case '/.well-known/openid-configuration':
        return json(response, this.#discovery());
      case '/keys':
        return json(response, { keys: [this.#publicKey()] });
      case '/authorize':
        return this.#authorize(url.searchParams, response);
      case '/token':
        return this.#token(request, response);
      case '/userinfo':
        return json(response, { sub: this.person['sub'], ...this.userInfo });
      default:
        response.writeHead(404).end();
    }
  }

  #discovery(): object {
    const { issuer } = this;
    return {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      userinfo_endpoint: `${issuer}/userinfo`,
      jwks_uri: `${issuer}/keys`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      code_challenge_methods_supported: ['S256'],
    };
  }

  #publicKey(): object {
    return {
      ...this.#key.publicKey.export({ format: 'jwk' }),
      kid: 'one',
      alg: 'RS256',
      use: 'sig',
    };
  }

  /** The person agrees at once. */
  #authorize(query: URLSearchParams, response: ServerResponse): void {
    const get = (name: string): string => query.get(name) ?? '';
    if (get('client_id') !== CLIENT.id || get('code_challenge_method') !== 'S256') {
      response.writeHead(400).end('not as agreed');
      return;
    }
    const code = this.#secret();
    const redirectUri = get('redirect_uri');
    this.#grants.set(code, { nonce: get('nonce'), challenge: get('code_challenge'), redirectUri });
    const back = new URL(redirectUri);
    back.searchParams.set('code', code);
    back.searchParams.set('state', get('state'));
    response.writeHead(302, { location: back.href }).end();
  }

  async #token(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const form = new URLSearchParams(Buffer.concat(chunks).toString());
    const code = form.get('code') ?? '';
    const grant = this.#grants.get(code);
    this.#grants.delete(code);
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    const fits =
      form.get('client_secret') === CLIENT.secret &&
      grant?.challenge === challenge &&
      grant.redirectUri === form.get('redirect_uri');
    if (!fits) return json(response, { error: 'invalid_grant' }, 400);
    const idToken = this.#idToken(grant.nonce);
    this.secrets.push(idToken, form.get('code_verifier') ?? '');
    const access_token = this.#secret();
    json(response, { access_token, token_type: 'Bearer', expires_in: HOUR_S, id_token: idToken });
  }

  #idToken(nonce: string): string {
    const now = Math.floor(Date.now() / 1000);
    const usual = { iss: this.issuer, aud: CLIENT.id, iat: now, exp: now + HOUR_S, nonce };
    const claims = { ...usual, ...this.person, ...this.bent.claims };
    const alg = this.bent.unsigned === true ? 'none' : 'RS256';
    const text = `${encoded({ alg, kid: 'one' })}.${encoded(claims)}`;
    if (this.bent.unsigned === true) return `${text}.`;
    const { privateKey } = this.bent.wrongKey === true ? this.#strangersKey : this.#key;
    return `${text}.${sign('sha256', Buffer.from(text), privateKey).toString('base64url')}`;
  }

  #secret(): string {
    const secret = randomBytes(24).toString('base64url');
    this.secrets.push(secret);
    return secret;
  }
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function json(response: ServerResponse, value: object, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

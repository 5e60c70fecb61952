import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { after, afterEach, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { secureTcp, tell, type Leg } from '@waystation/testkit';
import { decodeMessage, type HttpProxyRequest, type HttpProxyResponse } from '@waystation/wire';
import { Bench, expectMessage, freshAddress } from './testing/harness.js';

interface Call {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** Stands for the api: keeps what it is asked and answers by path. */
class Api {
  readonly calls: Call[] = [];
  private constructor(private readonly server: Server) {
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void this.serve(request, response);
    });
  }

  static async start(): Promise<Api> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Api(server);
  }

  get url(): string {
    const address = this.server.address();
    assert.ok(address !== null && typeof address === 'object');
    return `http://127.0.0.1:${address.port}`;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const { method = '', url = '', headers } = request;
    this.calls.push({ method, url, headers, body: Buffer.concat(chunks) });
    if (url === '/api/moved') return void response.writeHead(302, { location: '/x' }).end();
    if (url === '/api/packed') {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      return void response.end(gzipSync('unpacked'));
    }
    response.writeHead(201, { 'content-type': 'application/json', 'keep-alive': 'timeout=9' });
    response.end('{"ok":true}');
  }
}

describe('calls to the api', { concurrency: false }, () => {
  let api: Api;
  let bench: Bench;
  before(async () => {
    api = await Api.start();
    bench = await Bench.start(1, {
      HTTP_PROXY_TARGET: api.url,
      HTTP_PROXY_PER_SOURCE: '30',
      // Every call waits for the offer of a secured channel.
      SECURE_TCP_DELAY_MS: '30ms',
    });
  });
  afterEach(() => {
    api.calls.length = 0;
    return bench.closing.all();
  });
  after(async () => {
    await bench.stop();
    api.stop();
  });

  async function securedLeg(from = freshAddress()): Promise<Leg> {
    const leg = await bench.leg(0, from);
    assert.ok(await secureTcp(leg, Buffer.from(bench.key, 'base64')));
    return leg;
  }

  /** Ended without an answer; an offer of keys may have been under way before we spoke. */
  async function hungUp(leg: Leg): Promise<void> {
    for (;;) {
      const payload = await leg.receive(5000);
      if (payload === undefined) return;
      assert.equal(decodeMessage(payload).name, 'keyExchange');
    }
  }

  async function call(
    request: Partial<HttpProxyRequest>,
    from?: string,
  ): Promise<HttpProxyResponse> {
    const leg = await securedLeg(from);
    await tell(leg, 'httpProxyRequest', { method: 'GET', path: '/api/x', ...request });
    const response = await expectMessage(leg, 'httpProxyResponse');
    await leg.ended(5000);
    return response;
  }

  test('[A101] method, path, headers and body arrive; the address is the observed one, whatever is claimed', async () => {
    const from = freshAddress();
    const claims = ['X-Forwarded-For', 'x-real-ip', 'Forwarded', 'Via', 'CF-Connecting-IP'];
    const hops = ['Connection', 'Upgrade', 'TE', 'Transfer-Encoding', 'Proxy-Authorization'];
    const bad = [...claims, ...hops].map((name) => ({ name, value: '198.51.100.1' }));
    const good = [
      { name: 'Authorization', value: 'Bearer wsu_x' },
      { name: 'Content-Type', value: 'application/json' },
      { name: 'Host', value: 'elsewhere.example.com' },
    ];
    const body = Buffer.alloc(3 * 1024 * 1024, 'x');
    const request = { method: 'POST', path: '/api/login?a=%20b', headers: [...bad, ...good], body };
    const response = await call(request, from);
    assert.equal(response.status, 201);
    assert.equal(response.error, '');
    assert.equal(response.body.toString(), '{"ok":true}');
    const names = response.headers.map(({ name }) => name.toLowerCase());
    assert.ok(names.includes('content-type'));
    for (const name of ['connection', 'keep-alive', 'transfer-encoding', 'content-length']) {
      assert.ok(!names.includes(name), name);
    }
    const [made] = api.calls;
    assert.ok(made);
    assert.deepEqual([made.method, made.url], ['POST', '/api/login?a=%20b']);
    assert.ok(made.body.equals(body));
    const { headers } = made;
    assert.equal(headers['x-forwarded-for'], from);
    assert.equal(headers.authorization, 'Bearer wsu_x');
    assert.equal(headers.host, new URL(api.url).host);
    for (const name of [...claims.slice(1), 'upgrade', 'te', 'proxy-authorization']) {
      assert.equal(headers[name.toLowerCase()], undefined, name);
    }
  });

  test('a plain connection, WebSocket and p-1 are hung up on, and no call is made', async () => {
    const ways = [
      () => bench.leg(0),
      () => bench.leg(0, freshAddress(), 'ws'),
      () => bench.natLeg(0),
    ];
    for (const connect of ways) {
      const leg = await connect();
      await tell(leg, 'httpProxyRequest', { method: 'GET', path: '/api/x' });
      await hungUp(leg);
    }
    assert.equal(api.calls.length, 0);
  });

  test('[A101] only paths under /api/, spelled plainly, and only ordinary methods', async () => {
    const paths = [
      ...['', '/', '/admin', '/apix', 'api/x', '//api/x', 'http://198.51.100.1/api/x'],
      ...['/api/../admin', '/api/%2e%2e/admin', '/api/.%2E/admin', '/api/./x', '/api/a%2fb'],
      ...['/api/%252e%252e/x', '/api/x\\..\\y', '/api/x%5c..', '/api/a b', '/api/x#y'],
      ...['/api/x\r\nHost: y', '/api/x%00', '/api/?a=b#c', '@198.51.100.1/api/x'],
    ];
    for (const path of paths) {
      const { error, status } = await call({ path });
      assert.match(error, /path is not allowed/, path);
      assert.equal(status, 0);
    }
    for (const method of ['CONNECT', 'TRACE', 'get', 'X']) {
      assert.match((await call({ method })).error, /method is not allowed/);
    }
    const headers = [{ name: 'a b', value: 'x' }];
    assert.match((await call({ headers })).error, /header is malformed/);
    assert.equal(api.calls.length, 0);
  });

  test('the large frame is allowed only once the channel is secured, and only for the first message', async () => {
    const body = Buffer.alloc(100_000);
    const plain = await bench.leg(0);
    await tell(plain, 'httpProxyRequest', { method: 'POST', path: '/api/x', body });
    await hungUp(plain);
    const later = await securedLeg();
    await tell(later, 'punchHoleRequest', { id: 'no-such-id', licenceKey: bench.key });
    await expectMessage(later, 'punchHoleResponse');
    await tell(later, 'httpProxyRequest', { method: 'POST', path: '/api/x', body });
    assert.equal(await later.receive(5000), undefined);
    const large = Buffer.alloc(4 * 1024 * 1024 + 1);
    const { error } = await call({ method: 'POST', path: '/api/x', body: large });
    assert.match(error, /body is too large/);
    assert.equal(api.calls.length, 0);
  });

  test('redirects are passed on and not followed; what was packed arrives unpacked', async () => {
    assert.equal((await call({ path: '/api/moved' })).status, 302);
    const packed = await call({ path: '/api/packed' });
    assert.equal(packed.body.toString(), 'unpacked');
    assert.ok(packed.headers.every(({ name }) => name !== 'content-encoding'));
    assert.equal(api.calls.length, 2);
  });

  test('over the rate of its address a client is told so', async () => {
    const from = freshAddress();
    const errors: string[] = [];
    for (let i = 0; i < 40; i++) errors.push((await call({}, from)).error);
    assert.ok(errors.slice(0, 30).every((error) => error === ''));
    assert.match(errors.join(), /Too many calls/);
  });
});

test('an api that is away is told without a word about our network', async () => {
  const api = await Api.start();
  const { url } = api;
  api.stop();
  const bench = await Bench.start(1, { HTTP_PROXY_TARGET: url });
  try {
    const leg = await bench.leg(0);
    assert.ok(await secureTcp(leg, Buffer.from(bench.key, 'base64')));
    await tell(leg, 'httpProxyRequest', { method: 'GET', path: '/api/x' });
    const { error } = await expectMessage(leg, 'httpProxyResponse');
    assert.equal(error, 'The API cannot be reached');
  } finally {
    await bench.stop();
  }
});

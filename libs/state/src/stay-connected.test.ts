import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { RedisDoor, startRedis, until } from '@waystation/testkit';
import { closeRedis, openRedis, redisReady } from './redis.js';

const PRIMARY = 'main';

test('a new primary that is told while a connection asks for it does not end the connection', async (t) => {
  const redisServer = await startRedis();
  t.after(() => redisServer.stop());
  const sentinel = await Sentinel.start(t, redisServer.port);
  const url = `redis+sentinel://127.0.0.1:${sentinel.port}/${PRIMARY}`;
  const redis = openRedis(url, 'stay-connected-test');
  t.after(() => closeRedis(redis));
  await redisReady(redis);
  await until(() => sentinel.hasListeners, { what: 'the watch over the primary' });

  sentinel.hold();
  await redisServer.kill();
  await until(() => sentinel.isAsked, { what: 'the question for the primary' });
  sentinel.tell(`${PRIMARY} 127.0.0.1 1 127.0.0.1 ${redisServer.port}`);
  await redisServer.restart();
  let hasEnded = false;
  redis.once('end', () => (hasEnded = true));
  sentinel.answer();
  await until(() => hasEnded, { what: 'ioredis to give up' });
  await until(() => redis.ping().catch(() => undefined), { what: 'Redis to answer again' });
});

test('connections on which Redis fell silent are left for new ones, also by who only listens', async (t) => {
  const redisServer = await startRedis();
  t.after(() => redisServer.stop());
  await using door = await RedisDoor.open(redisServer.port);
  const [asker, listener] = [openRedis(door.url, 'asker'), openRedis(door.url, 'listener')];
  const speaker = openRedis(redisServer.url, 'speaker');
  t.after(() => Promise.all([asker, listener, speaker].map(closeRedis)));
  await Promise.all([asker, listener, speaker].map((redis) => redisReady(redis)));
  let isHeard = false;
  listener.on('message', () => (isHeard = true));
  await listener.subscribe('news');

  door.silence();
  const options = { timeoutMs: 60_000, everyMs: 200 };
  await until(() => asker.ping().catch(() => undefined), { ...options, what: 'an answer' });
  const tell = async (): Promise<boolean> => (await speaker.publish('news', 'x')) > 0 && isHeard;
  await until(tell, { ...options, what: 'the listener to hear' });
});

test('a connection that is disconnected stays so', async (t) => {
  const redisServer = await startRedis();
  t.after(() => redisServer.stop());
  const redis = openRedis(redisServer.url, 'stay-connected-test');
  t.after(() => closeRedis(redis));
  await redisReady(redis);
  const ended = once(redis, 'end');
  redis.disconnect();
  await ended;
  const again = once(redis, 'connecting', { signal: AbortSignal.timeout(500) });
  await assert.rejects(again, { name: 'AbortError' });
});

/** As much of a Sentinel as a client needs, with answers that can be held back. */
class Sentinel {
  readonly #server: Server;
  readonly #primaryPort: number;
  readonly #listeners = new Set<Socket>();
  readonly #waiting = new Set<Socket>();
  #isHeld = false;

  private constructor(server: Server, primaryPort: number) {
    this.#server = server;
    this.#primaryPort = primaryPort;
  }

  static async start(t: TestContext, primaryPort: number): Promise<Sentinel> {
    const server = createServer();
    const sentinel = new Sentinel(server, primaryPort);
    const open = new Set<Socket>();
    server.on('connection', (socket) => {
      open.add(socket.on('error', () => socket.destroy()));
      socket.on('data', (bytes) => {
        for (const command of bytes.toString().split(/(?=\*\d+\r\n)/))
          sentinel.#read(socket, command);
      });
    });
    t.after(() => {
      for (const socket of open) socket.destroy();
      server.close();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return sentinel;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  get hasListeners(): boolean {
    return this.#listeners.size > 0;
  }

  get isAsked(): boolean {
    return this.#waiting.size > 0;
  }

  hold(): void {
    this.#isHeld = true;
  }

  answer(): void {
    this.#isHeld = false;
    for (const socket of this.#waiting) this.#name(socket);
  }

  /** Announces a failover to everybody who listens. */
  tell(news: string): void {
    for (const socket of this.#listeners) socket.write(list('message', '+switch-master', news));
  }

  #read(socket: Socket, command: string): void {
    if (command.includes('get-master-addr-by-name')) {
      if (this.#isHeld) this.#waiting.add(socket);
      else this.#name(socket);
      return;
    }
    if (!command.includes('subscribe')) return void socket.write('*0\r\n');
    this.#listeners.add(socket);
    socket.write('*3\r\n$9\r\nsubscribe\r\n$14\r\n+switch-master\r\n:1\r\n');
  }

  #name(socket: Socket): void {
    socket.write(list('127.0.0.1', String(this.#primaryPort)));
  }
}

/** A list of texts as Redis sends it. */
function list(...texts: string[]): string {
  const each = texts.map((text) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`);
  return `*${texts.length}\r\n${each.join('')}`;
}

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readConfig, relaySettings } from '@waystation/config';
import { closeRedis, openRedis, ServerKey, Tickets, type Redis } from '@waystation/state';
import {
  dialTcp,
  entryOf,
  freePortBlock,
  joinRelay,
  Replica,
  startRedis,
  until,
  type RedisServer,
  type Transport,
} from '@waystation/testkit';

const LICENCE_KEY = 'A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=';

let redis: RedisServer;
let connection: Redis;
let directory: string;
const replicas: Replica[] = [];

before(async () => {
  redis = await startRedis();
  directory = await mkdtemp(join(tmpdir(), 'relay-test-'));
  connection = openRedis(redis.url, 'relay-test');
  const facts = { publicKey: Buffer.alloc(32), licenceKey: LICENCE_KEY, signs: true };
  await until(() => new ServerKey(connection).publish(facts).then(() => true), { what: 'the key' });
});

after(async () => {
  await closeRedis(connection);
  await Promise.all(replicas.map((replica) => replica.stop()));
  await redis.stop();
  await rm(directory, { recursive: true, force: true });
});

function launch(port: number, env: Record<string, string>, args: readonly string[] = []): Replica {
  const replica = new Replica({
    service: 'relay',
    entry: entryOf('relay'),
    port,
    cwd: directory,
    runDir: directory,
    env: { REDIS_URL: redis.url, LOG_FORMAT: 'json', ...env },
    args,
  });
  replicas.push(replica);
  return replica;
}

function joined(
  port: number,
  uuid: string,
  transport: Transport = 'tcp',
  licenceKey = LICENCE_KEY,
) {
  return joinRelay({ relayServer: `127.0.0.1:${port}`, uuid, licenceKey, transport });
}

/** A uuid that a rendezvous has announced. */
async function ticketed(): Promise<string> {
  const uuid = randomUUID();
  const ticket = { uuid, caller: '127.0.0.1:4000', callee: 'callee', attempt: 'attempt' };
  await new Tickets(connection).issue(ticket);
  return uuid;
}

async function meet(port: number, second: Transport = 'tcp', announced?: string) {
  const uuid = announced ?? (await ticketed());
  const a = await joined(port, uuid);
  const b = await joined(port, uuid, second);
  await a.send(Buffer.from('hello'));
  assert.equal((await b.receive())?.toString(), 'hello');
  return [a, b] as const;
}

test('[P118] PORT in the environment is one less than the relay port, a flag is the port itself', () => {
  const read = (env: Record<string, string>, argv: readonly string[] = []) =>
    readConfig(relaySettings, { env, argv, cwd: directory }).port;
  assert.equal(read({ PORT: '21116' }), 21117);
  assert.equal(read({}), 21117);
  assert.equal(read({ PORT: '30000' }, ['-p', '21117']), 21117);
});

test('[P118] a relay started with PORT=n listens on n+1 and n+3, with the published key', async () => {
  const port = await freePortBlock([0, 2]);
  await launch(port, { PORT: String(port - 1) }).ready();
  const [a] = await meet(port, 'ws');
  a.close();
  const stranger = await joined(port, randomUUID(), 'tcp', 'another key');
  assert.equal(await stranger.receive(), undefined);
});

test('with Redis frozen sessions run on and new legs meet', async (t) => {
  const port = await freePortBlock([0, 2]);
  const relay = await launch(port, {}, ['-p', String(port)]).ready();
  const [a, b] = await meet(port);
  const announced = await ticketed();
  redis.pause();
  t.after(() => redis.resume());
  const [c] = await meet(port, 'ws', announced);
  await a.send(Buffer.from('still here'));
  assert.equal((await b.receive())?.toString(), 'still here');
  redis.resume();
  assert.equal(await relay.metric('relay_sessions'), 2);
  assert.equal(await relay.metric('relay_leg_ends_total', 'reason="bad-key"'), 0);
  for (const leg of [a, c]) leg.close();
  await until(async () => (await relay.metric('relay_sessions')) === 0, { what: 'both ends' });
  assert.equal(await relay.metric('relay_session_ends_total', 'reason="closed"'), 2);
});

test('told to end, a relay takes nobody new and lets running sessions finish', async () => {
  const port = await freePortBlock([0, 2]);
  const relay = await launch(port, {}, ['-p', String(port)]).ready();
  const [a, b] = await meet(port);
  const waiting = await joined(port, randomUUID());
  relay.signal('SIGTERM');
  assert.equal(await waiting.receive(), undefined);
  await assert.rejects(dialTcp({ host: '127.0.0.1', port }));
  for (let i = 0; i < 20; i += 1) {
    await b.send(Buffer.of(i));
    assert.deepEqual(await a.receive(), Buffer.of(i));
  }
  assert.equal(relay.alive, true);
  a.close();
  assert.equal(await relay.finished(), 0);
});

test('a session that outlasts the drain is ended with the relay', async () => {
  const port = await freePortBlock([0, 2]);
  const env = { WAYSTATION_DRAIN_SECONDS: '300ms' };
  const relay = await launch(port, env, ['-p', String(port)]).ready();
  const [a, b] = await meet(port);
  relay.signal('SIGTERM');
  assert.equal(await a.receive(), undefined);
  assert.equal(await b.receive(), undefined);
  assert.equal(await relay.finished(), 0);
});

test('[P122] [P123] probes are not logged, refusals are, and no key ever is', async () => {
  const port = await freePortBlock([0, 2]);
  const relay = await launch(port, {}, ['-p', String(port)]).ready();
  for (let i = 0; i < 5; i += 1) (await dialTcp({ host: '127.0.0.1', port })).abort();
  const stranger = await joined(port, randomUUID(), 'tcp', 'some other secret');
  await stranger.receive();
  const [a] = await meet(port);
  a.close();
  await until(() => relay.output.includes('session ended'), { what: 'the line of the session' });
  const lines = relay.output.split('\n').filter((line) => line.includes('"ip"'));
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { reason: string }).reason),
    ['bad-key'],
  );
  assert.ok(!relay.output.includes(LICENCE_KEY) && !relay.output.includes('some other secret'));
});

test('a port in use ends the start with one sentence', async () => {
  const port = await freePortBlock([0, 2]);
  await launch(port, {}, ['-p', String(port)]).ready();
  const second = launch(port, { BIND: '192.0.2.1' }, ['-p', String(port)]);
  assert.equal(await second.finished(), 1);
  assert.match(second.output, new RegExp(`192\\.0\\.2\\.1:${port}`));
});

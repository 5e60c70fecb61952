import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { Logger } from '@nestjs/common';
import { asReplicaId, closeRedis, openRedis, redisReady, type ReplicaId } from '@waystation/state';
import { startRedis, until, type RedisServer } from '@waystation/testkit';
import type { Signal } from '@waystation/wire';
import { Events, type BusEvents } from './events.js';
import { nestRedisOptions } from './nest-redis.js';
import { packClaimAnswer, unpackClaim, unpackClaimAnswer, packClaim } from './registry-calls.js';
import { RegistryClient, RegistryUnavailable } from './registry-client.js';
import { Signals } from './signals.js';

Logger.overrideLogger(false);
const endings: (() => Promise<unknown>)[] = [];

after(async () => {
  for (const end of endings.reverse()) await end();
});

async function privateRedis(): Promise<RedisServer> {
  const server = await startRedis();
  endings.push(() => server.stop());
  return server;
}

async function replica(url: string): Promise<{ id: ReplicaId; signals: Signals; heard: Signal[] }> {
  const id = asReplicaId(`rendezvous-${randomUUID()}`);
  const [publisher, subscriber] = [openRedis(url, id), openRedis(url, `${id}-signals`)];
  endings.push(
    () => closeRedis(publisher),
    () => closeRedis(subscriber),
  );
  await redisReady(publisher);
  await redisReady(subscriber);
  const signals = new Signals(publisher, subscriber, id);
  const heard: Signal[] = [];
  signals.onSignal((signal) => heard.push(signal));
  await signals.start();
  return { id, signals, heard };
}

function evict(from: string, generation: number): Signal {
  return { from, name: 'evict', value: { id: '123456789', generation } };
}

test('a signal reaches the one replica that it is for, in order and whole', async () => {
  const { url } = await privateRedis();
  const [a, b, c] = [await replica(url), await replica(url), await replica(url)];
  const sent = Array.from({ length: 100 }, (_, index) => evict(a.id, index + 1));
  for (const signal of sent) a.signals.sendTo(b.id, signal);
  await until(() => b.heard.length === sent.length);
  assert.deepEqual(b.heard, sent);
  assert.deepEqual([a.heard.length, c.heard.length], [0, 0]);
  // Redis hands a signal on before it tells the sender so
  await until(() => a.signals.counts.sent === sent.length);
  assert.equal(b.signals.counts.received, sent.length);
});

test('a signal to a dead replica is counted and told', async () => {
  const { url } = await privateRedis();
  const a = await replica(url);
  const unheard: [string, Signal][] = [];
  a.signals.onUnheard((to, signal) => unheard.push([to, signal]));
  const nobody = asReplicaId('rendezvous-nobody');
  a.signals.sendTo(nobody, evict(a.id, 1));
  await until(() => unheard.length === 1);
  assert.deepEqual(unheard, [[nobody, evict(a.id, 1)]]);
  assert.equal(a.signals.counts.unheard, 1);
});

test('bytes that are no signal and handlers that throw do no harm', async () => {
  const { url } = await privateRedis();
  const [a, b] = [await replica(url), await replica(url)];
  const raw = openRedis(url, 'raw');
  endings.push(() => closeRedis(raw));
  await redisReady(raw);
  await raw.publish(`signal:${b.id}`, Buffer.from('ffffffff', 'hex'));
  await until(() => b.signals.counts.undecodable === 1);
  b.signals.onSignal(() => {
    throw new Error('a bad day');
  });
  a.signals.sendTo(b.id, evict(a.id, 1));
  await until(() => b.signals.counts.received === 1);
  const heard: Signal[] = [];
  b.signals.onSignal((signal) => heard.push(signal));
  a.signals.sendTo(b.id, evict(a.id, 2));
  await until(() => heard.length === 1);
});

test('after a restart of Redis signals arrive again; meanwhile they are lost, counted and not late', async () => {
  const server = await privateRedis();
  const [a, b] = [await replica(server.url), await replica(server.url)];
  await server.kill();
  await until(() => {
    a.signals.sendTo(b.id, evict(a.id, 1));
    return a.signals.counts.failed > 0;
  });
  await server.restart();
  await until(() => {
    a.signals.sendTo(b.id, evict(a.id, 2));
    return b.heard.length > 0;
  });
  assert.ok(b.heard.every((signal) => signal.name === 'evict' && signal.value.generation === 2));
});

test('more signals than Redis takes are dropped and counted', async () => {
  const server = await privateRedis();
  const a = await replica(server.url);
  server.pause();
  try {
    for (let index = 0; index < 5_000; index++) a.signals.sendTo(a.id, evict(a.id, index));
    assert.equal(a.signals.counts.dropped, 5_000 - 4_096);
  } finally {
    server.resume();
  }
  await until(() => a.heard.length === 4_096);
});

test('an event reaches every replica, also after a restart of Redis', async () => {
  const server = await privateRedis();
  const heard: BusEvents['identityChanged'][][] = [[], []];
  const buses = heard.map((list) => {
    const events = new Events(server.url);
    endings.push(() => events.stop());
    events.on('identityChanged', (event) => list.push(event));
    return events;
  });
  for (const events of buses) await events.start();
  const told = { id: 'a', change: 'renamed', newId: 'b' } as const;
  await until(async () => {
    await buses[0]?.emit('identityChanged', told);
    return heard.every((list) => list.length > 0);
  });
  assert.deepEqual(heard[1]?.[0], told);
  await server.restart();
  const again = { id: 'c', change: 'removed' } as const;
  await until(async () => {
    await buses[0]?.emit('identityChanged', again);
    return heard.every((list) => list.some(({ id }) => id === 'c'));
  });
});

test('a session to close is named by something, and what is none closes none', async () => {
  const server = await privateRedis();
  const heard: BusEvents['closeSession'][] = [];
  const events = new Events(server.url);
  endings.push(() => events.stop());
  events.on('closeSession', (event) => heard.push(event));
  await events.start();
  const choices = [
    { uuid: 'u' },
    { attempt: 'a' },
    { devices: ['1', '2'] },
    { user: 'g' },
  ] as const;
  for (const nothing of [{}, { devices: [] }]) {
    await events.emit('closeSession', { ...nothing, reason: 'none' });
  }
  for (const choice of choices) await events.emit('closeSession', { ...choice, reason: 'r' });
  await until(() => heard.length >= choices.length);
  assert.deepEqual(
    heard,
    choices.map((choice) => ({ ...choice, reason: 'r' })),
  );
});

test('a call that nobody answers, or that finds no Redis, is RegistryUnavailable in time', async () => {
  const server = await privateRedis();
  const lonely = new RegistryClient(server.url, { timeoutMs: 100 });
  endings.push(() => lonely.stop());
  await assert.rejects(lonely.remove('a'), RegistryUnavailable);
  await server.kill();
  await assert.rejects(lonely.remove('a'), RegistryUnavailable);
  const nowhere = new RegistryClient('redis://127.0.0.1:1', { timeoutMs: 200 });
  endings.push(() => nowhere.stop());
  await assert.rejects(nowhere.remove('a'), RegistryUnavailable);
});

test('calls above the cap fail at once', async () => {
  const { url } = await privateRedis();
  const client = new RegistryClient(url, { timeoutMs: 300, maxInFlight: 2 });
  endings.push(() => client.stop());
  const calls = ['a', 'b', 'c'].map((id) => client.remove(id));
  await assert.rejects(calls[2] ?? Promise.resolve(), /2 calls/);
  await Promise.allSettled(calls);
  assert.equal(client.inFlight, 0);
});

test('while the registry is silent only a few calls are on their way', async () => {
  const { url } = await privateRedis();
  const client = new RegistryClient(url, { timeoutMs: 300 });
  endings.push(() => client.stop());
  await assert.rejects(client.remove('a'), RegistryUnavailable);
  const calls = Array.from({ length: 100 }, () => client.remove('a'));
  assert.equal(client.inFlight, 8);
  await Promise.allSettled(calls);
});

test('a silence of the registry is told once, whatever calls it costs', async () => {
  const { url } = await privateRedis();
  const told: string[] = [];
  const tell = (line: string): void => void told.push(line);
  const client = new RegistryClient(url, { timeoutMs: 100, log: { info: tell, warn: tell } });
  endings.push(() => client.stop());
  for (let n = 0; n < 3; n++) await assert.rejects(client.remove('a'), RegistryUnavailable);
  assert.equal(told.length, 1);
  assert.match(told[0] ?? '', /^the registry does not answer/);
});

test('an address with user, password, database and TLS becomes options that keep trying', () => {
  const options = nestRedisOptions('rediss://me:p%40ss@[::1]:6380/3');
  const { host, port, username, password, db, tls } = options;
  assert.deepEqual([host, port, username, password, db, tls], ['::1', 6380, 'me', 'p@ss', 3, {}]);
  assert.ok((options.retryAttempts ?? 0) > 1e9);
});

test('claims and answers survive the journey; what is none is seen', () => {
  const bytes = { uuid: Buffer.from([0, 255]), pk: Buffer.alloc(32, 3) };
  const claim = { id: 'a', ip: '::1', noRegisterDevice: true, ...bytes };
  assert.deepEqual(unpackClaim(JSON.parse(JSON.stringify(packClaim(claim)))), claim);
  const facts = { guid: 'g', ip: '::1', created: 1, disabled: false, listed: true };
  const identity = { id: 'a', signed: Buffer.alloc(0), ...bytes, ...facts };
  const answer = { result: 0, identity };
  assert.deepEqual(unpackClaimAnswer(JSON.parse(JSON.stringify(packClaimAnswer(answer)))), answer);
  for (const nonsense of [undefined, null, 7, 'text', {}, { result: 'x' }, { id: 'a' }]) {
    assert.equal(unpackClaim(nonsense), undefined);
    assert.equal(unpackClaimAnswer(nonsense), undefined);
  }
});

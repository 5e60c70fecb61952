import assert from 'node:assert/strict';
import { test } from 'node:test';
import { REGISTER_PEER_NEEDS_PK } from '@waystation/wire';
import { PeerTable } from './peer-table.js';
import { Rekeying } from './rekeying.js';

const IP = '198.51.100.1';
const FLEET = 6_000;

function table(size: number): PeerTable {
  const peers = new PeerTable(() => 0, 30_000);
  for (let n = 0; n < size; n++) {
    const place = { ip: IP, port: 4000, signed: undefined, channel: undefined };
    peers.arrive({ id: `device-${String(n)}`, transport: 'udp', ...place });
  }
  return peers;
}

function asked(peers: PeerTable): number {
  return [...peers.all()].filter(({ id, port }) => !peers.knows(id, IP, port)).length;
}

test('devices whose identities are lost are asked for their key over a minute, and stay online', async () => {
  const peers = table(FLEET);
  const rekeying = new Rekeying(peers, () => Promise.resolve(new Set()), assert.ifError);
  rekeying.begin();
  const perSecond: number[] = [];
  for (let second = 0, before = 0; second < 60; second++) {
    await rekeying.step();
    perSecond.push(asked(peers) - before);
    before = asked(peers);
  }
  assert.deepEqual([...new Set(perSecond)], [FLEET / 60]);
  assert.equal(asked(peers), FLEET);
  assert.ok([...peers.all()].every(({ id }) => peers.online(id) !== undefined));
  assert.equal(peers.touch('device-0', IP, 4000), 'prove');
  peers.arrive({
    id: 'device-0',
    transport: 'udp',
    ip: IP,
    port: 4000,
    signed: undefined,
    channel: undefined,
  });
  assert.ok(peers.knows('device-0', IP, 4000), 'asked again after it proved itself');
});

test('devices whose identities are still there are left alone', async () => {
  const peers = table(50);
  const rekeying = new Rekeying(peers, (ids) => Promise.resolve(new Set(ids)), assert.ifError);
  rekeying.begin();
  for (let second = 0; second < 60; second++) await rekeying.step();
  assert.equal(asked(peers), 0);
});

test('a device on a connection is asked there', async () => {
  const peers = table(0);
  const pushed: Uint8Array[] = [];
  const channel = { push: (message: Uint8Array) => pushed.push(message), close: assert.fail };
  peers.arrive({ id: 'on-tcp', transport: 'tcp', ip: IP, port: 1, signed: undefined, channel });
  const rekeying = new Rekeying(peers, () => Promise.resolve(new Set()), assert.ifError);
  rekeying.begin();
  await rekeying.step();
  assert.deepEqual(pushed, [REGISTER_PEER_NEEDS_PK]);
});

test('what could not be looked up is looked up a second later', async () => {
  const peers = table(5);
  const failures: unknown[] = [];
  const outcomes = [Promise.reject(new Error('Redis is away')), Promise.resolve(new Set<string>())];
  const rekeying = new Rekeying(
    peers,
    () => outcomes.shift() ?? assert.fail('looked up once too often'),
    (error) => failures.push(error),
  );
  rekeying.begin();
  await rekeying.step();
  assert.equal(asked(peers), 0);
  assert.equal(failures.length, 1);
  await rekeying.step();
  assert.equal(asked(peers), 5);
});

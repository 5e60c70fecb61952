import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FailureBlock, RateLimiter } from './attempt-limits.js';
import { PeerTable, type Arrival } from './peer-table.js';
import type { Peer } from './peer.js';
import { passPush } from './push-gate.js';

const DAY_MS = 86_400_000;

function arrival(id: string, ip = '198.51.100.1'): Arrival {
  return { id, transport: 'udp', ip, port: 4000, signed: undefined, channel: undefined };
}

test('[P64] a peer is offline 30,000 ms after its last heartbeat, and 25, 30 and 50 days later', () => {
  let nowMs = 1000;
  const table = new PeerTable(() => nowMs, 30_000);
  table.arrive(arrival('peer'));
  nowMs += 29_999;
  assert.ok(table.online('peer'));
  assert.equal(table.touch('peer', '198.51.100.1', 4000), 'same');
  nowMs += 29_999;
  assert.ok(table.online('peer'));
  nowMs += 1;
  assert.equal(table.online('peer'), undefined);
  for (const days of [25, 30, 50]) {
    nowMs = 1000 + days * DAY_MS;
    assert.equal(table.online('peer'), undefined, `${days} days`);
  }
});

test('a sweep drops the silent ones and tells of each once, a slice at a time', () => {
  let nowMs = 0;
  const gone: string[] = [];
  const table = new PeerTable(() => nowMs, 30_000);
  table.listen({ changed: () => undefined, gone: (peer) => gone.push(peer.id) });
  for (let i = 0; i < 100; i++) table.arrive(arrival(`peer-${i}`));
  nowMs = 30_000;
  assert.equal(table.touch('peer-7', '198.51.100.1', 4001), 'moved');
  for (let slice = 0; slice < 12; slice++) table.sweep(10);
  assert.equal(gone.length, 99);
  assert.equal(table.size, 1);
  assert.equal(table.count('udp'), 1);
});

test('a heartbeat from another ip moves nothing; a loopback name is the same machine', () => {
  const table = new PeerTable(() => 0, 30_000);
  const peer = table.arrive(arrival('peer'));
  assert.equal(table.knows('peer', '198.51.100.2', 4000), false);
  assert.equal(table.touch('peer', '198.51.100.2', 4000), 'prove');
  assert.equal(peer.ip, '198.51.100.1');
  assert.equal(table.touch('nobody', '198.51.100.2', 4000), 'unknown');
  assert.equal(table.touch('peer', '127.0.0.1', 5000), 'moved');
});

test('an eviction ends the stay it names or an earlier one, never a newer one', () => {
  const table = new PeerTable(() => 0, 30_000);
  const older = table.arrive(arrival('peer'));
  const newer = table.arrive(arrival('peer'));
  assert.equal(table.remove('peer', older.generation), undefined);
  assert.equal(table.remove('peer', newer.generation), newer);
});

test('pushes: identical ones within 100 ms are merged, ten a second pass', () => {
  const table = new PeerTable(() => 0, 30_000);
  const peer: Peer = table.arrive(arrival('peer'));
  assert.equal(passPush(peer, 'a', 0), 'send');
  assert.equal(passPush(peer, 'a', 99), 'coalesced');
  assert.equal(passPush(peer, 'a', 100), 'send');
  let sent = 0;
  for (let i = 0; i < 50; i++) if (passPush(peer, `b${i}`, 200) === 'send') sent += 1;
  assert.ok(sent >= 8 && sent <= 10, String(sent));
  assert.equal(passPush(peer, 'c', 400), 'send');
});

test('rates refill, forget the oldest key and are off at 0', () => {
  let nowMs = 0;
  const limiter = new RateLimiter({ perMinute: 60, burst: 2 }, () => nowMs, 3);
  assert.deepEqual([limiter.take('a'), limiter.take('a'), limiter.take('a')], [true, true, false]);
  nowMs = 1000;
  assert.equal(limiter.take('a'), true);
  for (const key of ['b', 'c', 'd', 'e']) limiter.take(key);
  assert.equal(limiter.size, 3);
  const off = new RateLimiter({ perMinute: 0, burst: 1 }, () => nowMs);
  for (let i = 0; i < 100; i++) assert.ok(off.take('a'));
});

test('wrong keys block for ten minutes from the one that reaches the limit', () => {
  let nowMs = 0;
  const block = new FailureBlock(20, () => nowMs);
  for (let i = 0; i < 20; i++) assert.equal(block.fail('a'), false, String(i));
  assert.equal(block.fail('a'), true);
  nowMs = 599_999;
  assert.equal(block.fail('a'), true);
  nowMs = 600_000;
  assert.equal(block.fail('a'), false);
});

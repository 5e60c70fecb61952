import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, afterEach, before, describe, test } from 'node:test';
import { Caller, NothingCame, hear, secureTcp, tell } from '@waystation/testkit';
import { SecureChannel, newBoxKeyPair, openSigned, sealSessionKey } from '@waystation/wire';
import { Bench, expectMessage, expectPush, freshAddress } from './testing/harness.js';

describe('secure TCP', { concurrency: false }, () => {
  let bench: Bench;
  before(async () => {
    bench = await Bench.start(1, { SECURE_TCP_DELAY_MS: '400' });
  });
  afterEach(() => bench.closing.all());
  after(() => bench.stop());

  const serverKey = (): Buffer => Buffer.from(bench.key, 'base64');

  test('[P37] [P44] silent clients are offered a key of their own within 1 s', async () => {
    const offered = new Set<string>();
    for (let i = 0; i < 3; i++) {
      const leg = await bench.leg(0);
      const { keys } = await expectMessage(leg, 'keyExchange', 1000);
      assert.equal(keys.length, 1);
      const [blob] = keys;
      assert.equal(blob?.length, 96);
      const key = openSigned(blob ?? Buffer.alloc(0), serverKey());
      assert.ok(key);
      offered.add(key.toString('hex'));
    }
    assert.equal(offered.size, 3);
  });

  test('[P38] a client that speaks first is never offered a key', async () => {
    const device = await bench.device(0);
    const leg = await bench.leg(0);
    await bench.punch(leg, device.id);
    await expectPush(device, 'punchHole');
    await assert.rejects(leg.receive(900), NothingCame);
  });

  test('[P39] a plain request after the offer is served in plain text', async () => {
    const leg = await bench.leg(0);
    await expectMessage(leg, 'keyExchange');
    await bench.punch(leg, 'no-such-id');
    assert.equal((await leg.receive(5000))?.toString('hex'), '5a00');
  });

  test('[P40] [P41] everything after the handshake is encrypted, heartbeats are not', async () => {
    const leg = await bench.leg(0);
    assert.ok(await secureTcp(leg, serverKey()));
    for (let i = 0; i < 3; i++) {
      await bench.punch(leg, 'no-such-id');
      assert.equal((await leg.receive(5000))?.toString('hex'), '5a00');
      await leg.transmit(Buffer.alloc(0));
    }
  });

  test('[P42] a payload that does not authenticate closes the connection', async () => {
    const leg = await bench.leg(0);
    assert.ok(await secureTcp(leg, serverKey()));
    await leg.transmit(randomBytes(60));
    assert.equal(await leg.receive(5000), undefined);
    const plain = await bench.leg(0);
    assert.ok(await secureTcp(plain, serverKey()));
    plain.secure(new SecureChannel(randomBytes(32)));
    await bench.punch(plain, 'no-such-id');
    await assert.doesNotReject(plain.ended(5000));
  });

  test('[P43] a malformed or unexpected KeyExchange closes the connection and nothing else', async () => {
    const bad: ((pk: Buffer, box: Buffer) => Buffer[])[] = [
      (pk) => [pk],
      (pk, box) => [pk, box, pk],
      (pk, box) => [pk.subarray(1), box],
      (pk, box) => [Buffer.concat([pk, pk.subarray(0, 1)]), box],
      (pk, box) => [pk, box.subarray(1)],
      (pk, box) => [pk, Buffer.concat([box, box.subarray(0, 1)])],
      (pk, box) => [pk, Buffer.from(box.map((byte, i) => (i === 5 ? byte ^ 1 : byte)))],
      () => [],
    ];
    for (const spoil of bad) {
      const leg = await bench.leg(0);
      const { keys } = await expectMessage(leg, 'keyExchange');
      const theirs = openSigned(keys[0] ?? Buffer.alloc(0), serverKey()) ?? Buffer.alloc(32);
      const pair = newBoxKeyPair();
      const box = sealSessionKey(randomBytes(32), theirs, pair.secretKey);
      await tell(leg, 'keyExchange', { keys: spoil(pair.publicKey, box) });
      assert.equal(await leg.receive(5000), undefined);
    }
    const early = await bench.leg(0);
    await tell(early, 'keyExchange', { keys: [Buffer.alloc(32), Buffer.alloc(48)] });
    assert.equal(await early.receive(5000), undefined);
    const twice = await bench.leg(0);
    assert.ok(await secureTcp(twice, serverKey()));
    await tell(twice, 'keyExchange', { keys: [Buffer.alloc(32), Buffer.alloc(48)] });
    assert.equal(await twice.receive(5000), undefined);
  });

  test('[P45] no offer on WebSocket and on TCP p-1', async () => {
    const ws = await bench.leg(0, freshAddress(), 'ws');
    const nat = await bench.natLeg(0);
    await Promise.all([
      assert.rejects(ws.receive(1000), NothingCame),
      assert.rejects(nat.receive(1000), NothingCame),
    ]);
  });

  test('[P46] a logged-in client completes a punch request over the secured connection', async () => {
    const device = await bench.device(0, { mute: false });
    const caller = new Caller({
      server: bench.stack.server(0),
      key: bench.key,
      token: 'a-token',
      from: freshAddress(),
    });
    const leg = bench.closing.add(await caller.openSignalling(), (l) => l.abort());
    assert.equal(leg.secured, true);
    const answer = await caller.punch(leg, device.id);
    assert.equal(answer.name, 'punchHoleResponse');
    assert.ok(answer.value.pk && answer.value.pk.length > 64);
  });

  test('the pool of signed keys outlives a burst', async () => {
    const legs = await Promise.all(Array.from({ length: 60 }, () => bench.leg(0)));
    const heard = await Promise.all(legs.map((leg) => hear(leg, 5000)));
    assert.ok(heard.every(({ name }) => name === 'keyExchange'));
  });
});

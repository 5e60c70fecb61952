import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { after, before, test } from 'node:test';
import { until } from '@waystation/testkit';
import { encodeFrame, encodeMessage } from '@waystation/wire';
import { joinFrame, KEY, receiveRaw, runRelay } from './testing/running-relay.js';
import type { RunningRelay } from './testing/running-relay.js';

let running: RunningRelay;
before(async () => (running = await runRelay()));
after(() => running.stop());

const STRANGE_FIRST_FRAMES: Record<string, Buffer> = {
  garbage: encodeFrame(Buffer.from('hello, is this a relay?')),
  'another message': encodeFrame(encodeMessage('registerPeer', { id: '123456789' })),
  'an empty uuid': joinFrame(''),
  'a wrong key': joinFrame(randomUUID(), 'not the key'),
  'no key': joinFrame(randomUUID(), ''),
  'a join above 4 KiB': encodeFrame(
    encodeMessage('requestRelay', { uuid: 'u', licenceKey: KEY, relayServer: 'x'.repeat(4096) }),
  ),
};

for (const [name, frame] of Object.entries(STRANGE_FIRST_FRAMES)) {
  test(`[P103] ${name} closes the connection without a byte`, async () => {
    const leg = await running.silent();
    leg.readRaw();
    await leg.sendRaw(frame);
    assert.equal(await leg.receive(), undefined);
    assert.equal(running.relay.pairing.waiting, 0);
  });
}

test('[P103] a WebSocket with a wrong key is closed with 1008 and nothing else', async () => {
  const leg = await running.join('ws', randomUUID(), 'not the key');
  assert.equal(await leg.receive(), undefined);
  assert.equal(leg.closeCode, 1008);
});

test('an empty frame before the join is ignored', async () => {
  const uuid = randomUUID();
  const leg = await running.silent();
  await leg.sendRaw(Buffer.concat([Buffer.of(0), joinFrame(uuid)]));
  await running.waitingLegs(1);
  leg.abort();
  await running.waitingLegs(0);
});

test('a join that comes byte by byte, with bytes behind it, is a join', async () => {
  const uuid = randomUUID();
  const slow = await running.silent();
  for (const byte of Buffer.concat([joinFrame(uuid), Buffer.from('ahead')])) {
    await slow.sendRaw(Buffer.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const other = await running.join('tcp', uuid);
  other.readRaw();
  assert.equal((await receiveRaw(other, 5)).toString(), 'ahead');
  other.abort();
  await running.noSession();
});

test('[P108] a waiting leg that leaves frees its uuid', async () => {
  const uuid = randomUUID();
  for (const transport of ['tcp', 'ws'] as const) {
    const leaver = await running.join(transport, uuid);
    await running.waitingLegs(1);
    leaver.close();
    await running.waitingLegs(0);
  }
  assert.equal(running.relay.pairing.addresses, 0);
  const [a, b] = [await running.join('tcp', uuid), await running.join('tcp', uuid)];
  await a.send(Buffer.from('still good'));
  assert.equal((await b.receive())?.toString(), 'still good');
  a.abort();
  await running.noSession();
});

test('a third leg with the same uuid waits anew', async () => {
  const uuid = randomUUID();
  const [a, b] = [await running.join('tcp', uuid), await running.join('tcp', uuid)];
  await until(() => running.relay.sessions.running.size === 1, { what: 'the first session' });
  const c = await running.join('tcp', uuid);
  await running.waitingLegs(1);
  const d = await running.join('ws', uuid);
  await until(() => running.relay.sessions.running.size === 2, { what: 'the second session' });
  await c.send(Buffer.from('c'));
  await a.send(Buffer.from('a'));
  assert.equal((await d.receive())?.toString(), 'c');
  assert.equal((await b.receive())?.toString(), 'a');
  a.abort();
  c.abort();
  await running.noSession();
});

test('[P117] console commands are protocol data', async () => {
  const outside = Object.values(networkInterfaces())
    .flat()
    .find((address) => address?.family === 'IPv4' && !address.internal);
  for (const from of [undefined, outside?.address]) {
    const leg = await running.silent(from);
    leg.readRaw();
    // 'h' announces 26 bytes; with them the frame is complete and no join.
    await leg.sendRaw(Buffer.from('h' + '\n'.repeat(26)));
    assert.equal(await leg.receive(), undefined);
  }
});

test('[P122] a bare connect and disconnect leaves no state', async () => {
  const [tcp, ws] = [await running.silent(), await running.silent()];
  await until(() => running.relay.reception.unheard === 2, { what: 'both connections' });
  tcp.close();
  ws.abort();
  await until(() => running.relay.reception.unheard === 0, { what: 'nothing left' });
});

test('too many waiting legs of one address are turned away, others are not', async () => {
  await using small = await runRelay({ waitingPerAddress: 2 });
  for (let i = 0; i < 2; i += 1) await small.join('tcp', randomUUID());
  await small.waitingLegs(2);
  const third = await small.join('tcp', randomUUID());
  assert.equal(await third.receive(), undefined);
  assert.equal(small.relay.pairing.waiting, 2);
});

test('too many waiting legs all together are turned away', async () => {
  await using small = await runRelay({ waitingTotal: 1 });
  const uuid = randomUUID();
  await small.join('tcp', uuid);
  await small.waitingLegs(1);
  const second = await small.join('ws', randomUUID());
  assert.equal(await second.receive(), undefined);
  assert.equal(second.closeCode, 1008);
  const partner = await small.join('ws', uuid);
  await until(() => small.relay.sessions.running.size === 1, { what: 'the session' });
  partner.abort();
});

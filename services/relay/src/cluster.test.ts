import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, afterEach, before, describe, test } from 'node:test';
import { keys } from '@waystation/state';
import { dialTcp, exchangeBulk, until } from '@waystation/testkit';
import type { Leg, Replica, Transport } from '@waystation/testkit';
import { encodeFrame, encodeMessage } from '@waystation/wire';
import { FellowRelays, LICENCE_KEY } from './testing/fellow-relays.js';

const BULK_BYTES = 64 * 1024 * 1024;

async function assertSameBytes(a: Leg, b: Leg, bytes: number): Promise<void> {
  for (const { sent, received } of await exchangeBulk(a, b, bytes)) {
    assert.deepEqual(received, sent);
  }
}

describe('legs that come to different replicas', () => {
  let fellows: FellowRelays;
  let first: Replica;
  let second: Replica;

  before(async () => {
    fellows = await FellowRelays.start();
    // As on two hosts: each is told by an address of its own how the other one reaches it.
    [first] = (await fellows.add(1, { env: { WAYSTATION_RELAY_LINK_HOST: '127.0.0.2' } })) as [
      Replica,
    ];
    [second] = (await fellows.add(1, { env: { WAYSTATION_RELAY_LINK_HOST: '127.0.0.3' } })) as [
      Replica,
    ];
  });
  afterEach(() => fellows.closeClients());
  after(() => fellows.stop());

  const mixes: readonly (readonly [Transport, Transport])[] = [
    ['tcp', 'tcp'],
    ['tcp', 'ws'],
    ['ws', 'tcp'],
    ['ws', 'ws'],
  ];
  for (const [a, b] of mixes) {
    test(`${a} and ${b}: 64 MiB each way arrive as they were sent`, async () => {
      const carried = await second.metric('relay_crossings_total', 'outcome="carried"');
      const legs = await fellows.pair([first, a], [second, b]);
      await assertSameBytes(...legs, BULK_BYTES);
      assert.equal(await second.metric('relay_crossings_total', 'outcome="carried"'), carried + 1);
    });
  }

  test('raw bytes stay raw: headers, empty frames and what was sent ahead arrive as they are', async () => {
    const uuid = await fellows.ticket();
    const ahead = Buffer.concat([encodeFrame(Buffer.from('ahead')), Buffer.of(0, 0xff, 0xff)]);
    const [a, b] = [
      await fellows.join(first, uuid, 'tcp'),
      await fellows.join(second, uuid, 'tcp'),
    ];
    for (const leg of [a, b]) leg.readRaw();
    await a.sendRaw(ahead);
    await b.sendRaw(ahead);
    for (const leg of [a, b]) {
      const chunks: Buffer[] = [];
      while (Buffer.concat(chunks).length < ahead.length) {
        chunks.push((await leg.receive()) ?? Buffer.alloc(ahead.length));
      }
      assert.ok(Buffer.concat(chunks).equals(ahead));
    }
  });

  test('the session ends for both when one leaves, and tells who and how much it was', async () => {
    const uuid = await fellows.ticket();
    const [a, b] = await fellows.pair([first, 'tcp'], [second, 'ws'], uuid);
    await b.send(Buffer.from('and the last'));
    assert.equal((await a.receive())?.toString(), 'and the last');
    a.close();
    assert.equal(await b.receive(), undefined);
    const record = await fellows.recordOf(uuid);
    assert.equal(record.attempt, `attempt of ${uuid}`);
    assert.equal(record.replica, first.id);
    assert.equal(record.reason, 'closed');
    assert.ok(record.bytes >= 23 && record.ended >= record.started);
    const legs = record.legs.map(({ role, id, ip, transport, via }) => [
      role,
      id,
      ip,
      transport,
      via,
    ]);
    assert.deepEqual(legs, [
      ['caller', '', '127.0.0.1', 'tcp', undefined],
      ['callee', 'callee', '127.0.0.1', 'ws', second.id],
    ]);
  });

  test('legs that come at the same moment meet, whoever was first', async () => {
    const uuids = await Promise.all(Array.from({ length: 40 }, () => fellows.ticket()));
    await Promise.all(
      uuids.map(async (uuid) => {
        const [a, b] = await Promise.all([
          fellows.join(first, uuid, 'tcp'),
          fellows.join(second, uuid, 'tcp'),
        ]);
        await Promise.all([a.send(Buffer.from(uuid)), b.send(Buffer.from(uuid))]);
        assert.equal((await a.receive())?.toString(), uuid);
        assert.equal((await b.receive())?.toString(), uuid);
      }),
    );
  });

  test('a first leg that has left is no partner; the next two meet', async () => {
    const uuid = await fellows.ticket();
    (await fellows.join(first, uuid, 'tcp')).abort();
    await until(async () => (await fellows.sum('relay_waiting_legs')) === 0, { what: 'no leg' });
    const [a, b] = await fellows.pair([second, 'tcp'], [first, 'tcp'], uuid);
    await b.send(Buffer.from('met'));
    assert.equal((await a.receive())?.toString(), 'met');
  });

  test('a claim of a replica that is gone does not keep two legs apart', async () => {
    const uuid = await fellows.ticket();
    await fellows.connection.set(keys.pair(uuid), 'relay-of-yesterday', 'PX', 30_000);
    await fellows.pair([second, 'tcp'], [first, 'tcp'], uuid);
  });

  test('nobody gets in by the internal door without the key, and the key is never sent', async () => {
    const info = JSON.parse((await fellows.connection.get(keys.replica(first.id))) ?? '') as {
      addresses: { link: string };
    };
    const [host = '', port] = info.addresses.link.split(':');
    const key = Buffer.from((await fellows.connection.get(keys.linkKey)) ?? '', 'base64');
    const heard: Buffer[] = [];
    for (const frame of [Buffer.alloc(200, 7), Buffer.alloc(40), Buffer.alloc(3000)]) {
      const leg = await dialTcp({ host, port: Number(port) });
      heard.push((await leg.receive()) ?? Buffer.alloc(0));
      await leg.transmit(frame);
      assert.equal(await leg.receive(), undefined);
    }
    const silent = await dialTcp({ host, port: Number(port) });
    await silent.receive();
    assert.equal(await silent.receive(), undefined, 'closed after 3 s of silence');
    assert.equal(await first.metric('relay_link_refusals_total', 'reason="stranger"'), 3);
    assert.equal(await first.metric('relay_link_refusals_total', 'reason="silent"'), 1);
    assert.equal(new Set(heard.map(String)).size, 3, 'every challenge is a new one');
    assert.ok(heard.every((challenge) => !challenge.includes(key)));
  });
});

describe('three replicas behind one port', () => {
  let fellows: FellowRelays;
  before(async () => {
    fellows = await FellowRelays.start({ RELAY_WAITING_PER_ADDRESS: '0' });
    await fellows.add(3, { shared: true });
  });
  // Whatever became of the test before: the next one counts its own sessions.
  afterEach(async () => {
    fellows.closeClients();
    const over = async (): Promise<boolean> =>
      (await fellows.sum('relay_sessions')) + (await fellows.sum('relay_carried')) === 0;
    await until(over, { timeoutMs: 30_000, what: 'all sessions to end' });
  });
  after(() => fellows.stop());

  test('500 pairs meet, wherever the kernel brings them, each with its own bytes', async () => {
    const [some] = fellows.replicas as [Replica, ...Replica[]];
    const meet = async (): Promise<void> => {
      const uuid = await fellows.ticket();
      const [a, b] = await Promise.all([
        fellows.join(some, uuid, 'tcp'),
        fellows.join(some, uuid, 'tcp'),
      ]);
      await assertSameBytes(a, b, 64 * 1024);
    };
    for (let batch = 0; batch < 5; batch += 1) {
      await Promise.all(Array.from({ length: 100 }, meet));
    }
    const carried = await fellows.sum('relay_crossings_total', 'outcome="carried"');
    assert.ok(carried > 200 && carried < 460, `${carried} of 500 crossed`);
    fellows.closeClients();
    const over = async (): Promise<boolean> => (await fellows.records()).length === 500;
    await until(over, { timeoutMs: 30_000, what: '500 records' });
    // Not those that run: on a slow machine the first ones are idle before the last ones meet.
    assert.equal(await fellows.sum('relay_sessions_total'), 500);
  });

  test('a crash ends its own sessions only, and nobody new meets it', async () => {
    const [some] = fellows.replicas as [Replica, ...Replica[]];
    const open = await Promise.all(
      Array.from({ length: 30 }, () => fellows.pair([some, 'tcp'], [some, 'tcp'])),
    );
    const [victim] = fellows.replicas as [Replica, ...Replica[]];
    const hosted = (await victim.metric('relay_sessions')) + (await victim.metric('relay_carried'));
    assert.ok(hosted > 0);
    victim.signal('SIGKILL');
    await victim.finished();
    const alive = await Promise.all(
      open.map(async ([a, b]) => {
        await a.send(Buffer.from('still there?'));
        return (await b.receive())?.toString() === 'still there?';
      }),
    );
    assert.equal(alive.filter((isAlive) => !isAlive).length, hosted);
    for (let i = 0; i < 20; i += 1) await fellows.pair([some, 'tcp'], [some, 'ws']);
  });
});

describe('tickets', () => {
  let fellows: FellowRelays;
  let first: Replica;
  let second: Replica;
  before(async () => {
    fellows = await FellowRelays.start();
    [first, second] = (await fellows.add(2)) as [Replica, Replica];
  });
  afterEach(() => fellows.closeClients());
  after(() => fellows.stop());

  test('an invented uuid is closed soon, on one replica or two, and counted', async () => {
    const [one, two] = [randomUUID(), randomUUID()];
    const started = performance.now();
    const legs = await Promise.all([
      fellows.join(first, one, 'tcp'),
      fellows.join(first, one, 'ws'),
      fellows.join(first, two, 'tcp'),
      fellows.join(second, two, 'tcp'),
    ]);
    await legs[0].send(Buffer.from('anybody?'));
    for (const leg of legs) assert.equal(await leg.receive(), undefined);
    // Long before the 30 s that a leg with a ticket waits for its partner.
    assert.ok(performance.now() - started < 20_000);
    assert.equal(await fellows.sum('relay_leg_ends_total', 'reason="no-ticket"'), 4);
    assert.equal(await fellows.sum('relay_sessions_total'), 0);
  });

  test('a late ticket lets both in, heard or looked up', async () => {
    const uuid = randomUUID();
    const [a, b] = [await fellows.join(first, uuid, 'tcp'), await fellows.join(second, uuid, 'ws')];
    await a.send(Buffer.from('early'));
    await until(async () => (await fellows.sum('relay_waiting_legs')) === 2, { what: 'both' });
    await fellows.ticket(uuid);
    assert.equal((await b.receive())?.toString(), 'early');

    const unheard = randomUUID();
    const ticket = { uuid: unheard, caller: '127.0.0.1:1', callee: 'b', attempt: 'x' };
    const c = await fellows.join(first, unheard, 'tcp');
    await until(async () => (await first.metric('relay_waiting_legs')) === 1, { what: 'the leg' });
    await fellows.connection.set(keys.ticket(unheard), JSON.stringify(ticket));
    const d = await fellows.join(first, unheard, 'tcp');
    await d.send(Buffer.from('looked up'));
    assert.equal((await c.receive())?.toString(), 'looked up');
  });

  test('a used ticket admits nobody else, on this replica or another', async () => {
    const uuid = await fellows.ticket();
    const [a] = await fellows.pair([first, 'tcp'], [first, 'tcp'], uuid);
    for (const replica of [first, second, second]) {
      assert.equal(await (await fellows.join(replica, uuid, 'tcp')).receive(), undefined);
    }
    const pair = [fellows.join(second, uuid, 'tcp'), fellows.join(second, uuid, 'tcp')];
    for (const leg of await Promise.all(pair)) {
      assert.equal(await leg.receive(), undefined);
    }
    a.abort();
    const after = await fellows.join(first, uuid, 'tcp');
    assert.equal(await after.receive(), undefined);
    await until(async () => (await fellows.sum('relay_sessions')) === 0, { what: 'the end' });
  });

  test('of a uuid replayed at the moment of its use nobody hears a byte on another replica', async () => {
    const key = { licenceKey: LICENCE_KEY };
    for (let i = 0; i < 40; i += 1) {
      const uuid = await fellows.ticket();
      const dialled = Array.from({ length: 2 }, () =>
        dialTcp({ host: '127.0.0.1', port: second.port }),
      );
      const replays = (await Promise.all(dialled)).map((leg) => fellows.keep(leg));
      const join = encodeFrame(encodeMessage('requestRelay', { uuid, ...key }));
      const secret = Buffer.concat([join, encodeFrame(Buffer.from('replayed'))]);
      await fellows.pair([first, 'tcp'], [first, 'tcp'], uuid);
      await Promise.all(replays.map((leg) => leg.sendRaw(secret)));
      for (const leg of replays) assert.equal(await leg.receive(), undefined);
    }
    assert.equal(await second.metric('relay_session_ends_total', 'reason="ticket-used"'), 0);
    assert.equal(await second.metric('relay_sessions'), 0);
    assert.equal(await first.metric('relay_sessions'), 40);
  });

  test('of many legs with one ticket two meet, and no other two', async () => {
    const uuid = await fellows.ticket();
    const replicas = Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? first : second));
    const legs = await Promise.all(replicas.map((each) => fellows.join(each, uuid, 'tcp')));
    const gone = legs.map(async (leg) => {
      await leg.ended(20_000);
      return 1;
    });
    await until(async () => (await fellows.sum('relay_waiting_legs')) === 0, { what: 'an end' });
    await until(async () => (await fellows.sum('relay_sessions')) <= 1, { what: 'one session' });
    const ended = (await Promise.all(gone.map((g) => Promise.race([g, later()])))).filter(Boolean);
    assert.ok(ended.length >= 10, `${ended.length} of 12 have ended`);
  });
});

function later(): Promise<number> {
  return new Promise((resolve) => setTimeout(() => resolve(0), 500));
}

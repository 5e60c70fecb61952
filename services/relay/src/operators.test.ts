import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { Events, type SessionChoice } from '@waystation/bus';
import { CloseOrders, keys, RelaySettings } from '@waystation/state';
import { dialTcp, joinRelay, until } from '@waystation/testkit';
import type { Leg, Replica, Transport } from '@waystation/testkit';
import { FellowRelays, LICENCE_KEY } from './testing/fellow-relays.js';

const BY = { note: '', operator: 'ann' };
const BAD_NETWORK = '127.66.0.0/16';
const BAD = '127.66.1.2';
const GOOD = '127.0.0.1';

describe('what operators tell all relays', () => {
  let fellows: FellowRelays;
  let first: Replica;
  let second: Replica;
  let events: Events;
  let settings: RelaySettings;

  before(async () => {
    fellows = await FellowRelays.start({ RELAY_SESSIONS_PER_ADDRESS: '40' });
    [first, second] = (await fellows.add(2)) as [Replica, Replica];
    events = new Events(fellows.redis.url);
    settings = new RelaySettings(fellows.connection);
  });
  beforeEach(async () => {
    await fellows.connection.del(keys.relaySettings);
    await events.emit('relaySettingsChanged', {});
    const isOpen = async (): Promise<boolean> =>
      !(await isRefused(first)) && !(await isRefused(second));
    await until(isOpen, { timeoutMs: 15_000, what: 'the settings of the last test to be gone' });
  });
  afterEach(() => fellows.closeClients());
  after(async () => {
    await events.stop();
    await fellows.stop();
  });

  async function come(
    replica: Replica,
    uuid: string,
    from: string,
    transport: Transport = 'tcp',
  ): Promise<Leg> {
    const relayServer = `127.0.0.1:${replica.port}`;
    const leg = await joinRelay({ relayServer, uuid, licenceKey: LICENCE_KEY, transport, from });
    return fellows.keep(leg);
  }

  /** Two legs that have heard each other. */
  async function meet(one: () => Promise<Leg>, other: () => Promise<Leg>): Promise<[Leg, Leg]> {
    const [a, b] = [await one(), await other()];
    await a.send(Buffer.from('hello'));
    assert.equal((await b.receive())?.toString(), 'hello');
    return [a, b];
  }

  /** Ends sessions as the api does. */
  async function order(choice: SessionChoice): Promise<void> {
    await new CloseOrders(fellows.connection).give({ ...choice, reason: 'test' });
    await events.emit('closeSession', { ...choice, reason: 'test' });
  }

  async function assertTalk([a, b]: readonly [Leg, Leg]): Promise<void> {
    const words = randomUUID();
    await b.send(Buffer.from(words));
    assert.equal((await a.receive())?.toString(), words);
  }

  async function isRefused(replica: Replica, transport: Transport = 'tcp'): Promise<boolean> {
    const uuid = await fellows.ticket();
    const leg = await come(replica, uuid, BAD, transport).catch(() => undefined);
    if (leg === undefined) return true;
    const answer = await Promise.race([leg.receive(), later(200)]);
    leg.abort();
    return answer === undefined;
  }

  test('every session and every refusal is one line with its attempt', async () => {
    const [used, lonely] = [await fellows.ticket(), randomUUID()];
    const [a] = await fellows.pair([first, 'tcp'], [first, 'tcp'], used);
    await (await fellows.join(first, used, 'tcp')).ended();
    await (await fellows.join(first, lonely, 'ws')).ended();
    a.close();
    await fellows.recordOf(used);
    const linesOf = (uuid: string) =>
      first.output
        .split('\n')
        .filter((line) => line.includes(`"uuid":"${uuid}"`))
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    await until(() => linesOf(used).length === 2, { what: 'two lines' });
    const [refused, ended] = linesOf(used);
    assert.deepEqual(
      [refused?.['message'], refused?.['reason'], refused?.['attempt']],
      ['leg refused', 'ticket-used', `attempt of ${used}`],
    );
    assert.deepEqual(
      [ended?.['message'], ended?.['attempt'], ended?.['callee']],
      ['session ended', `attempt of ${used}`, 'callee'],
    );
    assert.deepEqual(
      linesOf(lonely).map(({ reason }) => reason),
      ['no-ticket'],
    );
  });

  test('[P113] who comes on the blocklist loses what runs and waits, and gets nothing new; nobody else notices', async () => {
    const [u, v, w, x] = await Promise.all(Array.from({ length: 4 }, () => fellows.ticket()));
    assert.ok(u && v && w && x);
    const badFirst = await meet(
      () => come(first, u, BAD),
      () => come(first, u, GOOD, 'ws'),
    );
    const badSecond = await meet(
      () => come(first, v, GOOD),
      async () => (await fellows.claimed(v), come(second, v, BAD)),
    );
    const good = await meet(
      () => come(first, w, GOOD),
      async () => (await fellows.claimed(w), come(second, w, GOOD)),
    );
    const waiting = await come(second, x, BAD);
    const silent = fellows.keep(
      await dialTcp({ host: '127.0.0.1', port: first.port, from: BAD, timeoutMs: 2_000 }),
    );
    await settings.list('blocklist', [BAD_NETWORK], BY);
    await events.emit('relaySettingsChanged', {});
    for (const leg of [...badFirst, ...badSecond, waiting, silent]) await leg.ended();
    assert.equal(await fellows.sum('relay_session_ends_total', 'reason="blocked"'), 2);
    assert.ok((await fellows.sum('relay_leg_ends_total', 'reason="blocked"')) >= 2);
    for (const replica of [first, second]) {
      for (const transport of ['tcp', 'ws'] as const)
        assert.ok(await isRefused(replica, transport));
    }
    assert.ok((await first.metric('relay_refused_connections_total', 'reason="blocked"')) >= 2);
    await assertTalk(good);
    assert.equal((await fellows.recordOf(v)).reason, 'blocked');
  });

  test('[P113] who is on the blacklist is slowed down, whichever side he is, running or new', async () => {
    const pairOf = async (one: string, other: string): Promise<[Leg, Leg]> => {
      const uuid = await fellows.ticket();
      return meet(
        () => come(first, uuid, one),
        () => come(first, uuid, other, 'ws'),
      );
    };
    const slowed = async (count: number): Promise<unknown> =>
      until(async () => (await first.metric('relay_slowed_sessions')) === count, {
        what: `${count} slowed sessions`,
      });
    const running = await pairOf(BAD, GOOD);
    await pairOf(GOOD, GOOD);
    await settings.setNumbers({ limitSpeedMbit: 1 });
    await settings.list('blacklist', [BAD_NETWORK], BY);
    await events.emit('relaySettingsChanged', {});
    await slowed(1);
    const [from, to] = await pairOf(GOOD, BAD);
    await slowed(2);
    const startMs = performance.now();
    for (let i = 0; i < 20; i += 1) {
      await from.send(Buffer.alloc(32 * 1024));
      assert.equal((await to.receive())?.length, 32 * 1024);
    }
    assert.ok(performance.now() - startMs > 4_000, '5 Mbit at 1 Mbit/s');
    await settings.unlist('blacklist', [BAD_NETWORK]);
    await events.emit('relaySettingsChanged', {});
    await slowed(0);
    await assertTalk(running);
  });

  test('a broadcast that was missed is made up for, there and back', async () => {
    await settings.list('blocklist', [BAD], BY);
    const all = async (wanted: boolean): Promise<boolean> =>
      (await isRefused(first)) === wanted && (await isRefused(second)) === wanted;
    await until(() => all(true), { timeoutMs: 15_000, everyMs: 200, what: 'the refusal' });
    await settings.unlist('blocklist', [BAD]);
    await until(() => all(false), { timeoutMs: 15_000, everyMs: 200, what: 'the admission' });
  });

  test('lists hold from the first connection after a start; those in files stay whatever is listed', async () => {
    await writeFile(join(fellows.directory, 'blocklist.txt'), `# offices\n\n${BAD} a note\nx.y\n`);
    const [fresh] = (await fellows.add(1)) as [Replica];
    assert.match(fresh.output, /no address and no network.*"line":4/);
    assert.ok(await isRefused(fresh));
    await settings.list('blocklist', ['127.67.0.1'], BY);
    await settings.unlist('blocklist', [BAD]);
    await events.emit('relaySettingsChanged', {});
    await until(() => fresh.output.includes('relay settings have changed'));
    assert.ok(await isRefused(fresh));
    await writeFile(join(fellows.directory, 'blocklist.txt'), '');
    await settings.list('blocklist', [BAD_NETWORK], BY);
    const [later] = (await fellows.add(1)) as [Replica];
    assert.ok(await isRefused(later));
    await fresh.stop();
    await later.stop();
  });

  test('a session is ended by its uuid, its attempt, its devices or its user, wherever its legs are', async () => {
    const bystander = await fellows.pair([first, 'tcp'], [second, 'tcp']);
    const device = 'device of its own';
    const choices: ((uuid: string) => SessionChoice)[] = [
      (uuid) => ({ uuid }),
      (uuid) => ({ attempt: `attempt of ${uuid}` }),
      () => ({ devices: [device] }),
      () => ({ devices: ['device that calls', device] }),
      () => ({ user: 'guid of its user' }),
    ];
    for (const choose of choices) {
      const uuid = randomUUID();
      await fellows.ticket(uuid, {
        callee: device,
        callerId: 'device that calls',
        user: 'guid of its user',
      });
      const legs = await fellows.pair([first, 'ws'], [second, 'tcp'], uuid);
      await order({ devices: [device, 'somebody else'] });
      await order({ uuid, user: 'guid of another' });
      const startMs = performance.now();
      await order(choose(uuid));
      for (const leg of legs) await leg.ended();
      assert.ok(performance.now() - startMs < 5_000);
      const { reason, ended, started } = await fellows.recordOf(uuid);
      assert.equal(reason, 'closed-by-operator');
      assert.ok(ended - started < 60_000);
      assert.equal(legs[0].closeCode, 1008);
    }
    await assertTalk(bystander);
  });

  test('a leg that waits for the session goes too, and nobody may begin it any more', async () => {
    const uuid = await fellows.ticket();
    const waiting = await fellows.join(first, uuid, 'tcp');
    await fellows.claimed(uuid);
    await order({ attempt: `attempt of ${uuid}` });
    await waiting.ended();
    const legs = [fellows.join(first, uuid, 'tcp'), fellows.join(first, uuid, 'tcp')];
    for (const leg of await Promise.all(legs)) await leg.ended();
    const reason = 'reason="closed-by-operator"';
    assert.equal(await first.metric('relay_leg_ends_total', reason), 1);
  });

  test('an address has so many sessions and no more, others have theirs, and each refusal is counted', async () => {
    const open = async (from: string): Promise<boolean> => {
      const uuid = await fellows.ticket();
      const [a, b] = [await come(first, uuid, from), await come(first, uuid, from)];
      await a.send(Buffer.from('in'));
      return (await b.receive())?.toString() === 'in';
    };
    const mine = await Promise.all(Array.from({ length: 20 }, () => open('127.68.0.1')));
    assert.ok(mine.every(Boolean));
    assert.equal(await open('127.68.0.1'), false);
    assert.ok(await open('127.68.0.2'));
    assert.equal(await first.metric('relay_leg_ends_total', 'reason="sessions-full"'), 2);
    fellows.closeClients();
    await until(async () => (await first.metric('relay_sessions')) === 0, { what: 'the end' });
    assert.ok(await open('127.68.0.1'));
  });
});

function later(ms: number): Promise<string> {
  return new Promise((resolve) => setTimeout(() => resolve('later'), ms));
}

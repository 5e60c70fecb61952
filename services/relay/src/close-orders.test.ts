import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, afterEach, before, describe, test } from 'node:test';
import { Events, type SessionChoice } from '@waystation/bus';
import { CloseOrders, keys } from '@waystation/state';
import { RedisDoor, until } from '@waystation/testkit';
import type { Leg, Replica } from '@waystation/testkit';
import { FellowRelays } from './testing/fellow-relays.js';

const DEVICE = 'device of its own';

describe('an order to end sessions', () => {
  let fellows: FellowRelays;
  let door: RedisDoor;
  let events: Events;
  let orders: CloseOrders;
  /** Two relays behind the door, one with the pump and one that copies; the third one is never cut off. */
  let pumps: Replica;
  let copies: Replica;
  let near: Replica;

  before(async () => {
    fellows = await FellowRelays.start();
    door = await RedisDoor.open(fellows.redis.port);
    events = new Events(fellows.redis.url);
    orders = new CloseOrders(fellows.connection);
    const env = { REDIS_URL: door.url };
    [pumps] = (await fellows.add(1, { env })) as [Replica];
    [copies] = (await fellows.add(1, { env: { ...env, WAYSTATION_RELAY_PUMP: 'off' } })) as [
      Replica,
    ];
    [near] = (await fellows.add(1)) as [Replica];
  });
  afterEach(() => fellows.closeClients());
  after(async () => {
    await events.stop();
    await fellows.stop();
    await door[Symbol.asyncDispose]();
  });

  /** As the api does. */
  async function order(choice: SessionChoice): Promise<void> {
    await orders.give({ ...choice, reason: 'test' });
    await events.emit('closeSession', { ...choice, reason: 'test' });
  }

  async function assertTalk([a, b]: readonly [Leg, Leg]): Promise<void> {
    const words = randomUUID();
    await a.send(Buffer.from(words));
    assert.equal((await b.receive())?.toString(), words);
  }

  /** Pairs of every kind that the relays behind the door carry: pumped, copied, framed, and over a link. */
  async function farPairs(callee = DEVICE): Promise<(readonly [Leg, Leg])[]> {
    const announced = () => fellows.ticket(randomUUID(), { callee });
    return [
      await fellows.pair([pumps, 'tcp'], [pumps, 'tcp'], await announced()),
      await fellows.pair([copies, 'tcp'], [copies, 'tcp'], await announced()),
      await fellows.pair([copies, 'ws'], [copies, 'tcp'], await announced()),
      await fellows.pair([pumps, 'ws'], [pumps, 'ws'], await announced()),
      await fellows.pair([copies, 'tcp'], [near, 'ws'], await announced()),
    ];
  }

  async function allEnd(pairs: readonly (readonly [Leg, Leg])[]): Promise<void> {
    for (const leg of pairs.flat()) await leg.ended();
  }

  /** The relays have read every order up to now: they have followed one that nobody could hear. */
  async function allRead(): Promise<void> {
    const uuids = await Promise.all([pumps, copies, near].map(() => fellows.ticket()));
    const pairs = await Promise.all(
      [pumps, copies, near].map((at, i) => fellows.pair([at, 'tcp'], [at, 'tcp'], uuids[i])),
    );
    for (const uuid of uuids) await orders.give({ uuid, reason: 'test' });
    await allEnd(pairs);
  }

  test('reaches a relay that was cut off from Redis, for sessions of every kind, and nobody else', async () => {
    const far = await farPairs();
    const bystanders = await farPairs('somebody else');
    const here = await fellows.pair(
      [near, 'tcp'],
      [near, 'tcp'],
      await fellows.ticket(randomUUID(), { callee: DEVICE }),
    );
    door.cut();
    await order({ devices: [DEVICE] });
    await allEnd([here]);
    for (const pair of far) await assertTalk(pair);
    door.mend();
    await allEnd(far);
    for (const pair of bystanders) await assertTalk(pair);
  });

  test('reaches a relay that stood still and lost its connections to Redis meanwhile', async (t) => {
    const far = await farPairs();
    t.after(() => [pumps, copies].forEach((replica) => replica.signal('SIGCONT')));
    for (const replica of [pumps, copies]) replica.signal('SIGSTOP');
    door.cut();
    await order({ devices: [DEVICE] });
    door.mend();
    for (const replica of [pumps, copies]) replica.signal('SIGCONT');
    await allEnd(far);
  });

  test('ends nothing that was announced after it, however late it is read', async () => {
    const later = await farPairs();
    const here = await fellows.pair(
      [near, 'tcp'],
      [near, 'ws'],
      await fellows.ticket(randomUUID(), { callee: DEVICE }),
    );
    // Redis as it is after a fall: its newest order is older than what the relays have read.
    await fellows.connection.del(keys.closeOrders);
    const hourAgo = String(Date.now() - 3_600_000);
    const text = JSON.stringify({ devices: [DEVICE], reason: 'test' });
    await fellows.connection.xadd(keys.closeOrders, `${hourAgo}-0`, 'order', text);
    await allRead();
    for (const pair of [...later, here]) await assertTalk(pair);
  });

  test('meets what has begun meanwhile and was announced before it', async () => {
    const uuid = await fellows.ticket(randomUUID(), { callee: DEVICE });
    await until(async () => (await copies.metric('relay_known_tickets')) > 0);
    door.cut();
    await order({ devices: [DEVICE] });
    const pair = await fellows.pair([copies, 'tcp'], [copies, 'ws'], uuid);
    door.mend();
    await allEnd([pair]);
  });

  test('is kept for a day and unreadable ones stop nobody', async () => {
    await fellows.connection.xadd(keys.closeOrders, '*', 'order', '{');
    await fellows.connection.xadd(keys.closeOrders, '*', 'order', '{"reason":"all"}');
    const pair = await fellows.pair([near, 'tcp'], [near, 'tcp']);
    await allRead();
    await assertTalk(pair);
    const leftMs = await fellows.connection.pttl(keys.closeOrders);
    assert.ok(leftMs > 0 && leftMs <= 86_400_000);
  });
});

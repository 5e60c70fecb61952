import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startRedis, until } from '@waystation/testkit';
import { DeadReplicas } from './dead-replicas.js';
import { Identities } from './identities.js';
import { IdentityWriter, type ClaimOutcome, type IdentityClaim } from './identity-writer.js';
import { keys, keyTable } from './keys.js';
import { LeaderLease } from './leader-lease.js';
import { LiveReplicas } from './live-replicas.js';
import { LinkKey } from './link-key.js';
import { Pairs } from './pairs.js';
import { nextGeneration, Presences, type Appearance } from './presences.js';
import { closeRedis, openRedis, redisReady, RedisUnreachable } from './redis.js';
import { newReplicaId, type ReplicaId } from './replica-id.js';
import { Replicas, type ReplicaInfo } from './replicas.js';
import { ServerKey } from './server-key.js';
import { hearTickets, Tickets, type Ticket } from './tickets.js';
import { Waiting } from './waiting.js';
import { ownRedis } from './testing/own-redis.js';

const { server, redis } = await ownRedis();

function info(id: ReplicaId, service = 'rendezvous'): ReplicaInfo {
  const facts = { version: '1', draining: false, load: 0, addresses: {} };
  return { id, service, started: Date.now(), ...facts };
}

interface Rendezvous {
  readonly id: ReplicaId;
  readonly replicas: Replicas;
  readonly live: LiveReplicas;
  readonly presences: Presences;
}

async function rendezvous(): Promise<Rendezvous> {
  const id = newReplicaId('rendezvous');
  const replicas = new Replicas(redis);
  await replicas.announce(info(id));
  const live = new LiveReplicas(replicas);
  await live.refresh();
  return { id, replicas, live, presences: new Presences(redis, id, live) };
}

function seen(changes: Partial<Appearance> = {}): Appearance {
  return { kind: 'udp', ip: '198.51.100.23', port: 4000, generation: nextGeneration(), ...changes };
}

test('a peer is found where it appeared last, and an older stay cannot delete a newer one', async () => {
  const [first, second] = [await rendezvous(), await rendezvous()];
  const old = seen();
  assert.equal(await first.presences.appear('a', old), undefined);
  const young = seen({ kind: 'ws', port: 5000 });
  const displaced = await second.presences.appear('a', young);
  assert.deepEqual(displaced, { replica: first.id, generation: old.generation });
  assert.equal(await first.presences.disappear('a', old.generation), false);
  const found = await first.presences.find('a');
  assert.ok(found);
  const { since, ...rest } = found;
  assert.deepEqual(rest, { id: 'a', replica: second.id, ...young });
  assert.ok(since > 0);
  assert.equal(await second.presences.disappear('a', young.generation), true);
  assert.equal(await first.presences.find('a'), undefined);
});

test('a new address in the same stay replaces the address and displaces nobody', async () => {
  const { presences } = await rendezvous();
  const first = seen();
  await presences.appear('a', first);
  const since = (await presences.find('a'))?.since;
  assert.equal(await presences.appear('a', { ...first, port: 6000 }), undefined);
  const found = await presences.find('a');
  assert.deepEqual([found?.port, found?.since], [6000, since]);
});

test('a late change of address of an older stay does not win over a newer stay', async () => {
  const [old, young] = [newReplicaId('rendezvous'), newReplicaId('rendezvous')];
  const live = new LiveReplicas(new Replicas(redis));
  const [here, there] = [new Presences(redis, old, live), new Presences(redis, young, live)];
  const seen = (port: number, generation: number): Appearance => ({
    kind: 'udp',
    ip: '198.51.100.7',
    port,
    generation,
  });
  await here.appear('123456789', seen(1000, 1));
  assert.equal(await here.move('123456789', seen(1001, 1)), true);
  await there.appear('123456789', seen(2000, 2));
  assert.equal(await here.move('123456789', seen(1002, 1)), false);
  assert.equal((await there.find('123456789'))?.port, 2000);
  await redis.flushall();
  assert.equal(await there.move('123456789', seen(2000, 2)), true);
  assert.equal((await there.find('123456789'))?.port, 2000);
});

test('a presence has no ttl and counts only while its replica holds its lease', async () => {
  const asker = await rendezvous();
  const owner = await rendezvous();
  await owner.presences.appear('a', seen());
  assert.equal(await redis.pttl(keys.presence('a')), -1);
  assert.equal(asker.live.isLive(owner.id), false, 'the owner is younger than the view');
  assert.equal((await asker.presences.find('a'))?.replica, owner.id);
  await redis.del(keys.replica(owner.id));
  await asker.live.refresh();
  assert.equal(await asker.presences.find('a'), undefined);
  assert.ok(await redis.exists(keys.presence('a')));
});

test('many peers are found in the order of the question', async () => {
  const [first, second] = [await rendezvous(), await rendezvous()];
  await first.live.refresh();
  await first.presences.appear('a', seen());
  await second.presences.appear('c', seen());
  const found = await first.presences.findMany(['c', 'b', 'a', 'b']);
  assert.deepEqual(
    found.map((presence) => presence?.id),
    ['c', undefined, 'a', undefined],
  );
  assert.deepEqual(await first.presences.findMany([]), []);
});

test('what a dead replica left is cleared; peers that moved on are not touched', async () => {
  const [dead, alive] = [await rendezvous(), await rendezvous()];
  for (let index = 0; index < 1_100; index++) {
    await dead.presences.appear(`peer-${String(index)}`, seen());
  }
  await alive.presences.appear('peer-7', seen());
  await dead.replicas.withdraw();
  const cleaner = new DeadReplicas(redis, alive.replicas, 0);
  assert.deepEqual(await cleaner.clear(), [{ replica: dead.id, presences: 1_099 }]);
  assert.equal((await redis.keys('presence:*')).length, 1);
  assert.equal((await alive.presences.find('peer-7'))?.replica, alive.id);
  assert.equal(await redis.exists(keys.presences(dead.id)), 0);
  assert.deepEqual(await alive.replicas.known(), [alive.id]);
  assert.deepEqual(await cleaner.clear(), []);
});

test('a replica that was away for a moment is not cleared; one that was given up learns it', async () => {
  const [sleepy, other] = [await rendezvous(), await rendezvous()];
  await sleepy.presences.appear('a', seen());
  await redis.del(keys.replica(sleepy.id));
  const patient = new DeadReplicas(redis, other.replicas, 60_000);
  assert.deepEqual(await patient.clear(), []);
  assert.equal(await sleepy.replicas.refresh(), 'kept');
  await redis.del(keys.replica(sleepy.id));
  await new DeadReplicas(redis, other.replicas, 0).clear();
  assert.equal(await sleepy.replicas.refresh(), 'forgotten');
  assert.equal(await sleepy.replicas.refresh(), 'kept');
});

test('replicas tell their service, load and draining, and vanish when they withdraw', async () => {
  const replicas = new Replicas(redis);
  const id = newReplicaId('relay');
  assert.equal(await replicas.announce(info(id, 'relay')), 'forgotten');
  await replicas.refresh({ load: 7, draining: true });
  const lifeMs = await redis.pttl(keys.replica(id));
  assert.ok(lifeMs > 0 && lifeMs <= keyTable.replica.ttlMs);
  const [relay] = await replicas.live('relay');
  assert.deepEqual([relay?.id, relay?.load, relay?.draining], [id, 7, true]);
  assert.deepEqual(await replicas.live('api'), []);
  await replicas.withdraw();
  assert.deepEqual(await replicas.live(), []);
});

test('of a hundred legs that claim a uuid at once all learn the same owner', async () => {
  const relays = Array.from({ length: 100 }, () => newReplicaId('relay'));
  const owners = await Promise.all(relays.map((id) => new Pairs(redis, id).claim('u-1')));
  assert.equal(new Set(owners).size, 1);
  const [owner] = owners;
  const loser = relays.find((id) => id !== owner);
  assert.ok(owner && owner !== 'used' && loser);
  await new Pairs(redis, loser).release('u-1');
  assert.equal(await new Pairs(redis, loser).find('u-1'), owner);
  await new Pairs(redis, owner).release('u-1');
  assert.equal(await new Pairs(redis, loser).claim('u-1'), loser);
});

test('a used uuid admits no other session, and a dead owner can be replaced', async () => {
  const [first, second] = [newReplicaId('relay'), newReplicaId('relay')];
  const [a, b] = [new Pairs(redis, first), new Pairs(redis, second)];
  await a.claim('u-5');
  assert.equal(await b.claim('u-5'), first);
  assert.equal(await b.claim('u-5', { insteadOf: first }), second);
  assert.equal(await a.claim('u-5'), second);
  assert.equal(await b.use('u-5', 'session-1'), true);
  assert.equal(await b.find('u-5'), undefined);
  assert.equal(await b.use('u-5', 'session-1'), true);
  assert.equal(await a.use('u-5', 'session-2'), false);
  assert.equal(await a.claim('u-5'), 'used');
  assert.ok((await redis.pttl(keys.usedTicket('u-5'))) <= keyTable.usedTicket.ttlMs);
});

test('those who listen hear of every ticket, and of nothing that is none', async (t) => {
  const subscriber = openRedis(server.url, 'tickets');
  t.after(() => closeRedis(subscriber));
  await redisReady(subscriber);
  const heard: Ticket[] = [];
  await hearTickets(subscriber, (ticket) => heard.push(ticket));
  const ticket = { uuid: 'u-4', caller: '198.51.100.23:4000', callee: 'b', attempt: 'x1' };
  await redis.publish(keys.tickets, 'no ticket');
  await redis.publish(keys.tickets, '{"uuid":7}');
  await new Tickets(redis).issue(ticket);
  await until(() => heard.length > 0, { what: 'the ticket' });
  assert.deepEqual(heard, [ticket]);
});

test('all relays agree on one secret, and put it back when Redis has lost it', async () => {
  const relays = Array.from({ length: 5 }, () => new LinkKey(redis));
  await Promise.all(relays.map((relay) => relay.agree()));
  const [secret] = relays.map(({ value }) => value.toString('hex'));
  assert.equal(secret?.length, 64);
  assert.deepEqual(new Set(relays.map(({ value }) => value.toString('hex'))).size, 1);
  await redis.del(keys.linkKey);
  await relays[3]?.agree();
  const late = new LinkKey(redis);
  await late.agree();
  assert.equal(late.value.toString('hex'), secret);
});

test('a waiting caller belongs to the replica that held it last', async () => {
  const [first, second] = [newReplicaId('rendezvous'), newReplicaId('rendezvous')];
  await new Waiting(redis, first).hold('198.51.100.23:4000');
  await new Waiting(redis, second).hold('198.51.100.23:4000');
  await new Waiting(redis, first).release('198.51.100.23:4000');
  const waiting = new Waiting(redis, second);
  assert.deepEqual(await waiting.find(['other', '198.51.100.23:4000']), {
    caller: '198.51.100.23:4000',
    replica: second,
  });
  assert.ok((await redis.pttl(keys.waiting('198.51.100.23:4000'))) > 0);
  await waiting.release('198.51.100.23:4000');
  assert.equal(await waiting.find(['198.51.100.23:4000']), undefined);
});

test('a ticket is found until it expires', async () => {
  const tickets = new Tickets(redis);
  const ticket = { uuid: 'u-2', caller: '198.51.100.23:4000', callee: 'b', attempt: 'x1' };
  await tickets.issue(ticket);
  assert.deepEqual(await tickets.find('u-2'), ticket);
  assert.ok((await redis.pttl(keys.ticket('u-2'))) <= keyTable.ticket.ttlMs);
  assert.equal(await tickets.find('u-3'), undefined);
});

test('one registry holds the leader lease until it lets go', async () => {
  const [first, second] = [newReplicaId('registry'), newReplicaId('registry')].map(
    (id) => new LeaderLease(redis, id),
  );
  assert.ok(first && second);
  const both = await Promise.all([first.hold(), second.hold()]);
  assert.deepEqual(both, [true, false]);
  assert.equal(await first.hold(), true);
  await second.release();
  assert.equal(await second.hold(), false);
  await first.release();
  assert.equal(await second.hold(), true);
});

test('the server key is waited for', async () => {
  const serverKey = new ServerKey(redis);
  await assert.rejects(serverKey.wait(10), /registry/);
  const facts = { publicKey: Buffer.alloc(32, 5), licenceKey: 'k', signs: true };
  const waiting = serverKey.wait(5_000);
  await serverKey.publish(facts);
  assert.deepEqual(await waiting, facts);
});

function claimOf(id: string, uuid: string, changes: Partial<IdentityClaim> = {}): IdentityClaim {
  return {
    id,
    uuid: Buffer.from(uuid),
    pk: Buffer.alloc(32, uuid),
    ip: '198.51.100.23',
    listed: true,
    guid: uuid.padEnd(32, '0'),
    signed: Buffer.from(`signed ${uuid}`),
    mustSign: true,
    ...changes,
  };
}

test('of twenty claims of one id with different uuids exactly one wins', async () => {
  const writer = new IdentityWriter(redis);
  const uuids = Array.from({ length: 20 }, (_, index) => `uuid-${String(index)}`);
  const outcomes = await Promise.all(uuids.map((uuid) => writer.claim(claimOf('one', uuid))));
  const expected: ClaimOutcome[] = [
    'created',
    ...uuids.slice(1).map(() => 'uuid-mismatch' as const),
  ];
  assert.deepEqual(outcomes.sort(), expected.sort());
});

test('a new pk is not stored without its signature where signatures are made', async () => {
  const writer = new IdentityWriter(redis);
  const unsigned = { signed: Buffer.alloc(0) };
  assert.equal(await writer.claim(claimOf('one', 'u', unsigned)), 'unsigned');
  assert.equal(await redis.exists(keys.identity('one'), keys.claims('one')), 0);
  assert.equal(
    await writer.claim(claimOf('one', 'u', { ...unsigned, mustSign: false })),
    'created',
  );
});

test('all identities are listed, those of odd names too', async () => {
  const writer = new IdentityWriter(redis);
  const ids = Array.from({ length: 1_200 }, (_, index) => `listed-${String(index)}`);
  ids.push('with}brace', '{braces}', 'ünïcödé');
  for (const id of ids) await writer.claim(claimOf(id, 'u'));
  const found = new Set<string>();
  for await (const batch of new Identities(redis).all()) {
    for (const identity of batch) found.add(identity.id);
  }
  assert.deepEqual([...found].sort(), [...ids].sort());
});

test('after a restart of Redis commands work again, and scripts are known again', async () => {
  const own = await startRedis();
  const connection = openRedis(own.url, 'restart-test');
  try {
    await redisReady(connection);
    const pairs = new Pairs(connection, newReplicaId('relay'));
    await pairs.claim('u-1');
    await own.kill();
    await assert.rejects(pairs.claim('u-2'), 'fails at once, without a queue');
    await own.restart();
    assert.ok(await until(() => pairs.claim('u-3')));
  } finally {
    await closeRedis(connection);
    await own.stop();
  }
});

test('a Redis that is not there is told in one sentence', async (t) => {
  const connection = openRedis('redis://127.0.0.1:1', 'nowhere');
  t.after(() => closeRedis(connection));
  await assert.rejects(redisReady(connection, 200), RedisUnreachable);
});

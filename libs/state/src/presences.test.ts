import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeadReplicas } from './dead-replicas.js';
import { keyTable } from './key-table.js';
import { keys } from './keys.js';
import { LiveReplicas } from './live-replicas.js';
import { type Appearance, nextGeneration, Presences } from './presences.js';
import type { ReplicaId } from './replica-id.js';
import { type ReplicaInfo, Replicas } from './replicas.js';
import { newReplicaId } from './testing/new-replica-id.js';
import { ownRedis } from './testing/own-redis.js';

const { redis } = await ownRedis();

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

test('an end that is told late leaves the younger stay here in the list of what this replica announces', async () => {
  const { id, presences } = await rendezvous();
  const [old, young] = [seen(), seen()];
  await presences.appear('late', old);
  await presences.appear('late', young);
  assert.equal(await presences.disappear('late', old.generation), false);
  assert.deepEqual(await presences.announced(), ['late']);
  await redis.del(keys.replica(id));
  const [cleared] = await new DeadReplicas(redis, new Replicas(redis), 0).clear();
  assert.deepEqual(cleared, { replica: id, presences: 1 });
  assert.equal(await redis.exists(keys.presence('late')), 0);
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
  const stranger = newReplicaId('relay');
  await redis.zadd(keys.replicas, Date.now(), stranger);
  await redis.set(keys.replica(stranger), 'relay');
  assert.equal((await replicas.live()).length, 1, 'what nobody can read hides no other replica');
  await replicas.withdraw();
  assert.deepEqual(await replicas.live(), []);
});

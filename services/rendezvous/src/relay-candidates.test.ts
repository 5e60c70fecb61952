import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog } from '@waystation/ops';
import { asReplicaId } from '@waystation/state';
import type { ReplicaInfo } from '@waystation/state';
import { AnnouncedRelays } from './announced-relays.js';
import { Regions } from './regions.js';
import { candidatesOf, chooseRelay } from './relay-candidates.js';

let lastRelay = 0;

function relay(place: string, facts: Partial<ReplicaInfo> = {}): ReplicaInfo {
  lastRelay += 1;
  const id = asReplicaId(`relay-${lastRelay}`);
  const addresses: Record<string, string> = place === '' ? {} : { public: place };
  const common = { service: 'relay', started: 0, version: '1', draining: false, load: 0, beat: 1 };
  return { id, addresses, capacity: 100, ...common, ...facts };
}

const awake = (): boolean => false;
const nothing = { handedOut: () => 0, lastTurn: () => 0 };
const why = (choice: ReturnType<typeof chooseRelay>): string[] =>
  choice.verdicts.map((verdict) => verdict.why);

test('the least loaded relay is chosen, by its share and not by its load', () => {
  const relays = [
    relay('a:1', { load: 10 }),
    relay('b:1', { load: 15, capacity: 400 }),
    relay('c:1', { load: 9 }),
  ];
  const choice = chooseRelay(candidatesOf(relays, awake), '', nothing);
  assert.equal(choice.address, 'b:1');
  assert.deepEqual(why(choice), ['busier', 'chosen', 'busier']);
});

test('replicas behind one address are one relay with the sum of their capacity', () => {
  const relays = [
    relay('edge:1', { load: 30 }),
    relay('edge:1', { load: 10 }),
    relay('edge:1', { load: 90, draining: true }),
    relay('alone:1', { load: 25 }),
  ];
  const candidates = candidatesOf(relays, awake);
  const edge = candidates.find(({ address }) => address === 'edge:1');
  assert.deepEqual([edge?.capacity, edge?.load, edge?.replicas], [200, 40, 2]);
  assert.equal(chooseRelay(candidates, '', nothing).address, 'edge:1');
});

test('a draining, a silent and an unnamed relay are never chosen, however idle', () => {
  const silent = relay('silent:1');
  const relays = [relay('drains:1', { draining: true }), silent, relay(''), relay('busy:1')];
  const candidates = candidatesOf(relays, (one) => one === silent);
  const choice = chooseRelay(candidates, '', nothing);
  assert.equal(choice.address, 'busy:1');
  assert.deepEqual(why(choice), ['draining', 'silent', 'chosen']);
  const none = chooseRelay(candidates.slice(0, 2), '', nothing);
  assert.equal(none.address, '');
});

test('the wanted region comes first, and another one is better than none', () => {
  const relays = [relay('eu:1', { region: 'eu', load: 90 }), relay('us:1', { region: 'us' })];
  const candidates = candidatesOf(relays, awake);
  const near = chooseRelay(candidates, 'eu', nothing);
  assert.deepEqual([near.address, ...why(near)], ['eu:1', 'chosen', 'other-region']);
  assert.equal(chooseRelay(candidates, 'asia', nothing).address, 'us:1');
});

test('a network names the region of its clients', () => {
  const regions = Regions.parse(['10.1.0.0/16=eu', '2001:db8::/32=us'], 'home');
  const found = ['10.1.2.3', '::ffff:10.1.2.3', '2001:db8::7', '192.0.2.1'].map((ip) =>
    regions.of(ip),
  );
  assert.deepEqual(found, ['eu', 'eu', 'us', 'home']);
  assert.throws(() => Regions.parse(['nowhere=eu'], ''), /nowhere/);
});

/** The choice over a view that the test renews. */
class Scene {
  view: readonly ReplicaInfo[] = [];
  looks = 0;
  readonly relays = new AnnouncedRelays({
    live: this,
    regions: Regions.parse([], ''),
    fallback: 'beside:21117',
    defaultPort: 21117,
    clock: () => 0,
    log: createLog('relay-choice-test', 'error'),
  });

  of(): ReplicaInfo[] {
    return [...this.view];
  }

  /** Redis has answered; with `beats` all relays have told of themselves since. */
  look(view: readonly ReplicaInfo[], beats = true): void {
    this.looks += 1;
    this.view = view.map((one) => ({ ...one, beat: beats ? this.looks : (one.beat ?? 0) }));
    this.relays.look();
  }

  next(count: number): string[] {
    return Array.from({ length: count }, () => this.relays.next('192.0.2.1'));
  }
}

test('[P102] announced relays take turns, and what was handed out counts until their load tells', () => {
  const scene = new Scene();
  assert.deepEqual(scene.next(1), ['beside:21117']);
  const [a, b] = [relay('a:1'), relay('b:1')];
  scene.look([a, b]);
  assert.deepEqual(scene.next(4), ['a:1', 'b:1', 'a:1', 'b:1']);
  for (let i = 0; i < 3; i += 1) {
    scene.look([a, b]);
    scene.look([a, b]);
    assert.deepEqual(scene.next(1), [i % 2 === 0 ? 'a:1' : 'b:1'], 'also when one is asked for');
  }
  scene.look([{ ...a, load: 10 }, b]);
  assert.deepEqual(new Set(scene.next(5)), new Set(['b:1']));
  assert.ok(scene.relays.isOurs('A:1') && scene.relays.isOurs('beside'));
  assert.ok(!scene.relays.isOurs('stranger:1'));
});

test('[P102] a relay that falls silent is left out, comes back, and with all silent the last stay', () => {
  const scene = new Scene();
  const [a, b] = [relay('a:1'), relay('b:1')];
  scene.look([a, b]);
  const dies = { ...a, beat: 1 };
  for (let i = 0; i < 4; i += 1) {
    scene.look([dies, { ...b, beat: 100 + i }], false);
  }
  assert.deepEqual(new Set(scene.next(4)), new Set(['b:1']));
  assert.deepEqual(
    scene.relays.explain('').verdicts.map((verdict) => verdict.why),
    ['silent', 'chosen'],
  );
  assert.ok(scene.relays.isOurs('a:1'), 'a caller may still hold it');
  scene.look([]);
  assert.deepEqual(new Set(scene.next(2)), new Set(['b:1']));
  scene.look([a, b]);
  assert.equal(new Set(scene.next(10)).size, 2);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LanMask } from './lan-mask.js';
import { planPunch, type PunchPolicy, type Side } from './punch-plan.js';

const here: Side = { ip: '198.51.100.1', transport: 'tcp' };
const there: Side = { ip: '203.0.113.9', transport: 'udp' };
const wish = { natType: 1, forceRelay: false };
const open: PunchPolicy = { alwaysUseRelay: false, lan: undefined, isGateway: () => false };
const lan = LanMask.parse('192.168.0.0/16');

test('two networks punch, one network asks for local addresses', () => {
  assert.deepEqual(planPunch(here, there, wish, open), {
    message: 'punchHole',
    natType: 1,
    forceRelay: false,
    relayByLocalIp: false,
  });
  const same = planPunch(here, { ...here, transport: 'udp' }, wish, open);
  assert.deepEqual([same.message, same.forceRelay], ['fetchLocalAddr', false]);
});

test('everything that cannot meet goes over the relay and never asks for local addresses', () => {
  const twin: Side = { ...here, transport: 'udp' };
  const forced = [
    planPunch({ ...here, transport: 'ws' }, twin, wish, open),
    planPunch(here, { ...twin, transport: 'ws' }, wish, open),
    planPunch(here, { ip: '2001:db8::1', transport: 'udp' }, wish, open),
    planPunch(here, twin, { natType: 1, forceRelay: true }, open),
    planPunch(here, twin, wish, { ...open, alwaysUseRelay: true }),
    planPunch(here, twin, wish, { ...open, isGateway: (ip) => ip === here.ip }),
  ];
  for (const plan of forced) {
    assert.deepEqual([plan.message, plan.natType, plan.forceRelay], ['punchHole', 2, true]);
  }
});

test('MASK: both inside are one network; one inside is relayed, by LOCAL_IP if it is the callee', () => {
  const inside: Side = { ip: '192.168.1.1', transport: 'tcp' };
  const neighbour: Side = { ip: '192.168.2.2', transport: 'udp' };
  const policy = { ...open, lan };
  assert.equal(planPunch(inside, neighbour, wish, policy).message, 'fetchLocalAddr');
  const inwards = planPunch(here, neighbour, wish, policy);
  assert.deepEqual([inwards.natType, inwards.relayByLocalIp], [2, true]);
  const outwards = planPunch(inside, there, wish, policy);
  assert.deepEqual([outwards.natType, outwards.relayByLocalIp], [2, false]);
});

test('a mask takes IPv4 networks only', () => {
  assert.equal(LanMask.parse('10.0.0.0/33'), undefined);
  assert.equal(LanMask.parse('10.0.0/8'), undefined);
  assert.equal(LanMask.parse('0.0.0.0/0')?.has('203.0.113.1'), true);
  assert.equal(lan?.has('192.169.0.1'), false);
  assert.equal(lan?.has('2001:db8::1'), false);
});

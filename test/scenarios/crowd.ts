import assert from 'node:assert/strict';
import { exchangeBulk, type Device } from '@waystation/testkit';
import type { Scenario, Stage } from './stage.js';

const DEVICES = 20;
const CALLS_PER_DEVICE = 10;
const BYTES_PER_SESSION = 32 * 1024;

/** Ten callers at once to one device; every session carries its own bytes both ways. */
async function callDevice(stage: Stage, device: Device, viaRelay: boolean): Promise<number> {
  const calls = Array.from({ length: CALLS_PER_DEVICE }, () =>
    stage.caller({ forceRelay: viaRelay, encrypt: false }).connect(device.id),
  );
  const arrivals = Array.from({ length: CALLS_PER_DEVICE }, () => device.session(60_000));
  const [mine, theirs] = await Promise.all([Promise.all(calls), Promise.all(arrivals)]);
  for (const session of mine) {
    const partner = theirs.find((other) => belongTogether(session, other));
    assert.ok(partner, 'a session without its other end');
    for (const { sent, received } of await exchangeBulk(
      session.leg,
      partner.leg,
      BYTES_PER_SESSION,
    )) {
      assert.deepEqual(received, sent);
    }
    session.leg.close();
  }
  return mine.length;
}

type End = Awaited<ReturnType<Device['session']>>;

function belongTogether(mine: End, theirs: End): boolean {
  if (mine.path !== theirs.path) return false;
  return mine.path === 'relay'
    ? mine.uuid === theirs.uuid
    : mine.leg.local.port === theirs.leg.remote.port && mine.leg.local.ip === theirs.leg.remote.ip;
}

export const crowdScenarios: readonly Scenario[] = [
  {
    title: '200 sessions at once, half of them relayed, each with its own bytes',
    heavy: true,
    run: async (stage) => {
      const devices = await Promise.all(Array.from({ length: DEVICES }, () => stage.device()));
      const sessions = await Promise.all(
        devices.map((device, i) => callDevice(stage, device, i % 2 === 0)),
      );
      assert.equal(
        sessions.reduce((sum, count) => sum + count, 0),
        DEVICES * CALLS_PER_DEVICE,
      );
    },
  },
];

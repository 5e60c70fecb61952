import assert from 'node:assert/strict';
import { RegisterPkResult } from '@waystation/wire';
import { changeId, newIdentity, onlineStates, testNat, until } from '@waystation/testkit';
import { meet, type Scenario, type Stage } from './stage.js';

const QUERIED_IDS = 1_000;
const EVERY_NTH_ONLINE = 25;

function freshWish(): string {
  return `Wish-${Math.random().toString(36).slice(2, 10)}`;
}

/** 1,000 ids, every 25th of them a device that is really online. */
async function mixedIds(stage: Stage): Promise<{ ids: string[]; expected: boolean[] }> {
  const count = QUERIED_IDS / EVERY_NTH_ONLINE;
  const devices = await Promise.all(Array.from({ length: count }, () => stage.device()));
  const ids = Array.from({ length: QUERIED_IDS }, (_, i) => {
    const device =
      i % EVERY_NTH_ONLINE === 7 ? devices[Math.floor(i / EVERY_NTH_ONLINE)] : undefined;
    return device?.id ?? String(900_000_000 + i);
  });
  return { ids, expected: ids.map((_, i) => i % EVERY_NTH_ONLINE === 7) };
}

export const identityScenarios: readonly Scenario[] = [
  {
    title: 'a device takes a new id and is called by it; the old one is gone [P72]',
    run: async (stage) => {
      const device = await stage.device();
      const wanted = freshWish();
      assert.equal(
        await changeId(stage.places.caller, device.identity, wanted),
        RegisterPkResult.OK,
      );
      // The client restarts its registration under the new id, with the same machine id and key.
      const { from = '' } = device.options;
      const oldId = device.id;
      device.stop();
      const renamed = await stage.device({ from, identity: { ...device.identity, id: wanted } });
      assert.deepEqual(renamed.results, [RegisterPkResult.OK]);
      const [mine] = await meet(stage.caller(), renamed);
      assert.ok(mine.verified);
      await assert.rejects(stage.caller().connect(oldId), { reason: 'id-not-exist' });
    },
  },
  {
    title: 'ids that are taken, malformed or of another machine are refused [P72] [P73]',
    run: async (stage) => {
      const { places } = stage;
      const [device, other] = [await stage.device(), await stage.device()];
      const stranger = { ...newIdentity(device.id) };
      const ask = (identity: typeof stranger, wanted: string) =>
        changeId(places.caller, identity, wanted, { from: stage.newAddress() });
      const taken = freshWish();
      assert.equal(await ask(other.identity, taken), RegisterPkResult.OK);
      assert.equal(await ask(device.identity, taken), RegisterPkResult.ID_EXISTS);
      assert.equal(await ask(device.identity, '1abc'), RegisterPkResult.INVALID_ID_FORMAT);
      assert.equal(await ask(stranger, freshWish()), RegisterPkResult.UUID_MISMATCH);
      const [mine] = await meet(stage.caller(), device);
      assert.ok(mine.verified, 'the foreign request changed the record');
    },
  },
  {
    title: 'one query tells of 1,000 ids who is online, on every port that answers it [P75]',
    run: async (stage) => {
      const { ids, expected } = await mixedIds(stage);
      const query = (options: Parameters<typeof onlineStates>[2]) =>
        onlineStates(stage.places.caller, ids, { ...options, from: stage.newAddress() });
      await until(async () => (await query({})).filter(Boolean).length >= 40);
      assert.deepEqual(await query({}), expected);
      assert.deepEqual(await query({ transport: 'ws' }), expected);
      assert.deepEqual(await query({ onMainPort: true }), expected);
    },
  },
  {
    title: 'the NAT test shows a client its port on both ports',
    run: async (stage) => {
      const seen = await testNat(stage.places.caller, { from: stage.newAddress() });
      assert.equal(seen.onMain, seen.local);
      assert.equal(seen.onSecond, seen.local);
    },
  },
];

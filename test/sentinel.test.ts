import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Child, entryOf, startRedisGroup, until, type RedisGroup } from '@waystation/testkit';
import { withScene } from './outages/scene.js';

/** A second to notice, the votes of three Sentinels, and the way of every connection to the new primary. */
const FAILOVER_MS = 30_000;

/**
 * Starts everything on a Redis with Sentinels, ends its primary by `end`, later brings it back, as a replica of
 * the new one by then, and sees that nothing of ours restarts.
 */
async function failOver(
  end: (group: RedisGroup) => void | Promise<void>,
  comeBack: (group: RedisGroup) => void | Promise<void>,
): Promise<{ readonly failoverMs: number; readonly recoveredMs: number }> {
  const group = await startRedisGroup();
  let times = { failoverMs: NaN, recoveredMs: NaN };
  await withScene({ redisServer: group }, async (scene) => {
    const exchange = await scene.standingSession();
    const startMs = performance.now();
    await end(group);
    // Neither heartbeats nor sessions nor calls within one replica wait for the failover.
    await scene.moreHeartbeats(2);
    await scene.callOneOf(0);
    await exchange();
    await until(async () => (await group.primaryPort()) !== group.port, {
      timeoutMs: FAILOVER_MS,
      everyMs: 100,
      what: 'the Sentinels to make the replica the primary',
    });
    const failoverMs = Math.round(performance.now() - startMs);
    times = { failoverMs, recoveredMs: await scene.recovered() };
    await exchange();
    scene.assertNeverAsked();
    await comeBack(group);
    await scene.moreHeartbeats(2);
    await scene.recovered();
    assert.notEqual(await group.primaryPort(), group.port);
  });
  return times;
}

describe('Redis with Sentinels', () => {
  test('a name that the Sentinels do not know: one sentence without a password, exit code 1', async (t) => {
    const group = await startRedisGroup();
    t.after(() => group.stop());
    const url = group.url.replace('/main?', '/other?');
    const env = { PATH: process.env['PATH'], REDIS_URL: url };
    const entry = entryOf('relay');
    const child = new Child({ command: process.execPath, args: [entry], cwd: '/', env });
    t.after(() => child.stop());
    assert.equal(await child.finished(30_000), 1);
    assert.match(child.output, /^relay: REDIS_URL: no primary "other" through the Sentinels .*\n$/);
    assert.doesNotMatch(child.output, /-password/);
  });

  test('the primary is killed: heartbeats go on, everything else comes back on the new one without a restart', async (t) => {
    const { failoverMs, recoveredMs } = await failOver(
      (group) => group.kill(),
      (group) => group.restart(),
    );
    t.diagnostic(
      `failed over in ${String(failoverMs)} ms, all well ${String(recoveredMs)} ms later`,
    );
  });

  test('the primary freezes with all connections open: they are left for the new one', async (t) => {
    const { failoverMs, recoveredMs } = await failOver(
      (group) => group.pause(),
      (group) => group.resume(),
    );
    t.diagnostic(
      `failed over in ${String(failoverMs)} ms, all well ${String(recoveredMs)} ms later`,
    );
  });
});

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { exchangeBulk } from './bulk.js';
import { CallFailed } from './call-failed.js';
import { Caller, type CallerOptions } from './caller.js';
import { Device } from './device.js';
import type { CallerSession, Session } from './session.js';
import { TinyServer } from './tiny-server.js';

describe('the test clients against the least possible server', { timeout: 60_000 }, () => {
  let tiny: TinyServer;
  let device: Device;
  const callers: Caller[] = [];

  beforeEach(async () => {
    tiny = await new TinyServer().start();
    device = await new Device({ server: at(), key: tiny.key }).start();
  });

  afterEach(() => {
    for (const caller of callers.splice(0)) caller.stop();
    device.stop();
    tiny.stop();
  });

  function at(): { host: string; port: number } {
    return { host: '127.0.0.1', port: tiny.port };
  }

  function caller(options: Partial<CallerOptions> = {}): Caller {
    const made = new Caller({ server: at(), key: tiny.key, ...options });
    callers.push(made);
    return made;
  }

  async function meet(by: Caller): Promise<[CallerSession, Session]> {
    return Promise.all([by.connect(device.id), device.session()]);
  }

  test('meet directly and talk encrypted', async () => {
    const [mine, theirs] = await meet(caller());
    assert.equal(mine.path, 'direct');
    assert.ok(mine.verified && mine.encrypted && theirs.encrypted);
    for (const { sent, received } of await exchangeBulk(mine.leg, theirs.leg, 3_000_000)) {
      assert.deepEqual(received, sent);
    }
    mine.leg.close();
    assert.match(await theirs.leg.ended(), /closed/);
  });

  test('meet on the relay when the callee says so', async () => {
    tiny.natType = 2;
    const [mine, theirs] = await meet(caller());
    assert.equal(mine.path, 'relay');
    assert.equal(mine.uuid, theirs.uuid);
    assert.ok(mine.encrypted);
    for (const { sent, received } of await exchangeBulk(mine.leg, theirs.leg, 3_000_000)) {
      assert.deepEqual(received, sent);
    }
  });

  test('fall back to the relay when the direct way is shut', async () => {
    const shut = { route: () => ({ ip: '127.0.0.1', port: 1 }) };
    const [mine, theirs] = await meet(caller(shut));
    assert.equal(mine.path, 'relay');
    assert.ok(mine.encrypted && theirs.encrypted);
  });

  test('go on in plain text when the server key is another one', async () => {
    const stranger = await new TinyServer().start();
    const key = stranger.key;
    stranger.stop();
    const [mine, theirs] = await meet(caller({ key }));
    assert.ok(!mine.verified && !mine.encrypted && !theirs.encrypted);
    await mine.leg.send(Buffer.from('hello'));
    assert.equal(String(await theirs.leg.receive()), 'hello');
  });

  test('name the reason of a refusal', async () => {
    await assert.rejects(
      caller().connect('000000000'),
      (error) => error instanceof CallFailed && error.reason === 'id-not-exist',
    );
  });

  test('play release 1.1.9 without keys', async () => {
    const [mine, theirs] = await meet(caller({ version: '1.1.9', key: '' }));
    assert.ok(!mine.verified && !theirs.encrypted);
  });
});

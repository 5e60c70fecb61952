import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { after, before, describe, test } from 'node:test';
import {
  Child,
  dialWs,
  freePort,
  hear,
  newIdentity,
  startStack,
  tell,
  until,
} from '@waystation/testkit';
import type { Stack, WsLeg } from '@waystation/testkit';

const CADDYFILE = fileURLToPath(new URL('../../deploy/caddy/Caddyfile', import.meta.url));
const isMissing = spawnSync('caddy', ['version']).error !== undefined;
const skip = isMissing ? 'caddy is not installed here (Debian package caddy)' : false;

/** Longer than the minute after which many proxies cut silence; the ten minutes of the item on demand. */
const OPEN_MS = process.env['WAYSTATION_TEST_LONG_IDLE'] === '1' ? 620_000 : 70_000;
/** Clients say something this often at least; a relay ends a pair that is silent for longer than 30 s. */
const WORD_MS = 15_000;

describe('a real Caddy with the configuration of deploy/caddy', { skip }, () => {
  const endings = new AsyncDisposableStack();
  let stack: Stack;
  let port: number;

  before(async () => {
    const serviceEnv = { relay: { WAYSTATION_RELAY_TICKETS: 'off' } };
    stack = await startStack({ ports: 'server', serviceEnv });
    endings.defer(() => stack.stop());
    await stack.add('api');
    port = await freePort();
    const folder = await mkdtemp(join(tmpdir(), 'https-proxy-'));
    endings.defer(() => rm(folder, { recursive: true, force: true }));
    await writeFile(join(folder, 'Caddyfile'), await configuration());
    const caddy = new Child({
      command: 'caddy',
      args: ['run', '--config', 'Caddyfile', '--adapter', 'caddyfile'],
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: folder, WAYSTATION_HOST: `http://127.0.0.1:${port}` },
    });
    endings.defer(() => caddy.stop());
    const answers = async (): Promise<boolean> => (await page()) === 200;
    await until(answers, { timeoutMs: 30_000, what: 'the api behind Caddy' });
  });
  after(() => endings.disposeAsync());

  /** The shipped file, with the ports of this stack and no port of its own for orders. */
  async function configuration(): Promise<string> {
    const shipped = await readFile(CADDYFILE, 'utf8');
    const ports = [stack.server().port + 2, relayPort() + 2, stack.apiPort];
    const [id, relay, api] = ports.map(String) as [string, string, string];
    const moved = shipped
      .replace('127.0.0.1:21118', `127.0.0.1:${id}`)
      .replace('127.0.0.1:21119', `127.0.0.1:${relay}`)
      .replace('127.0.0.1:21114', `127.0.0.1:${api}`);
    return `{\n\tadmin off\n}\n${moved}`;
  }

  function relayPort(): number {
    return Number(stack.relayAddress().split(':').at(-1));
  }

  async function page(): Promise<number> {
    const answer = await fetch(`http://127.0.0.1:${port}/api/login-options`).catch(() => undefined);
    return answer?.status ?? 0;
  }

  async function leg(path: string): Promise<WsLeg> {
    const opened = await dialWs({ host: '127.0.0.1', port, path });
    endings.defer(() => opened.abort());
    return opened;
  }

  /** A device that answers the server's heartbeats for `OPEN_MS`; returns how many there were. */
  async function listens(device: WsLeg): Promise<number> {
    const { id, uuid, publicKey: pk } = newIdentity();
    await tell(device, 'registerPk', { id, uuid, pk });
    assert.equal((await hear(device, 15_000)).name, 'registerPkResponse');
    let heartbeats = 0;
    for (const endMs = performance.now() + OPEN_MS; performance.now() < endMs; heartbeats += 1) {
      assert.equal((await hear(device, 60_000)).name, 'empty');
      await device.send(Buffer.alloc(0));
    }
    return heartbeats;
  }

  /** Two clients of a relay that say a word now and then for `OPEN_MS`. */
  async function talk(first: WsLeg, second: WsLeg): Promise<void> {
    const join = { uuid: randomUUID(), licenceKey: stack.key };
    for (const side of [first, second]) await tell(side, 'requestRelay', join);
    const endMs = performance.now() + OPEN_MS;
    for (let word = 0; performance.now() < endMs; word += 1) {
      await first.send(Buffer.of(word));
      assert.deepEqual(await second.receive(15_000), Buffer.of(word));
      await sleep(WORD_MS);
    }
  }

  test('[A107] both WebSockets pass and stay open while clients only show that they live', async () => {
    const device = await leg('/ws/id');
    const pair = [await leg('/ws/relay'), await leg('/ws/relay')] as const;
    const [heartbeats] = await Promise.all([listens(device), talk(...pair)]);
    assert.ok(heartbeats > 1);
    for (const { endReason } of [device, ...pair]) assert.equal(endReason, undefined);
  });
});

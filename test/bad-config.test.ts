import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  Child,
  entryOf,
  freePort,
  freePortBlock,
  startRedis,
  startStack,
  type RedisServer,
  type ServiceName,
  type Stack,
} from '@waystation/testkit';

// A start waits for a Redis that is just starting too, before it gives up.
const END_LIMIT_MS = 40_000;
const SERVICES = ['registry', 'rendezvous', 'relay'] as const;

describe('settings that cannot work stop the start with one sentence', { timeout: 120_000 }, () => {
  let redis: RedisServer;
  let directory: string;

  before(async () => {
    redis = await startRedis();
    directory = await mkdtemp(join(tmpdir(), 'bad-config-'));
  });

  after(async () => {
    await redis.stop();
    await rm(directory, { recursive: true, force: true });
  });

  /** Starts a service that has to end by itself with exit code 1, and returns what it said. */
  async function complaintOf(service: ServiceName, env: Record<string, string>): Promise<string> {
    const child = new Child({
      command: process.execPath,
      args: [entryOf(service)],
      cwd: directory,
      env: { PATH: process.env['PATH'], REDIS_URL: redis.url, KEY_DIR: directory, ...env },
    });
    try {
      assert.equal(await child.finished(END_LIMIT_MS), 1, child.output);
    } finally {
      await child.stop();
    }
    return complaintIn(service, child.output);
  }

  for (const service of SERVICES) {
    test(`${service}: a name with our prefix that nobody knows`, async () => {
      const said = await complaintOf(service, { WAYSTATION_LOG_LEVLE: 'debug' });
      assert.match(said, /WAYSTATION_LOG_LEVLE.*did you mean (WAYSTATION_)?LOG_LEVEL\?/);
    });

    test(`${service}: a Redis that cannot be reached`, async () => {
      const nowhere = `redis://:a-password@127.0.0.1:${String(await freePort())}`;
      const said = await complaintOf(service, { REDIS_URL: nowhere });
      assert.match(said, /REDIS_URL/);
      assert.doesNotMatch(said, /a-password/);
    });
  }

  test('rendezvous: a port that is no number, with an example that works', async () => {
    const said = await complaintOf('rendezvous', { PORT: 'twenty' });
    assert.match(said, /PORT is "twenty" but .*PORT=\d+/);
  });

  test('rendezvous: a port below 3, because p-1 and p+2 are needed too', async () => {
    assert.match(await complaintOf('rendezvous', { PORT: '2' }), /PORT is "2" but .*3/);
  });

  test('two faults at once are told together', async () => {
    const said = await complaintOf('relay', { LOG_LEVEL: 'loud', SINGLE_BANDWIDTH: 'much' });
    assert.match(said, /LOG_LEVEL/);
    assert.match(said, /SINGLE_BANDWIDTH/);
  });

  test('registry: a damaged key file [P27]', async () => {
    const path = join(directory, 'id_ed25519');
    await writeFile(path, 'this is no key\n');
    try {
      const said = await complaintOf('registry', {});
      assert.ok(said.includes(path), said);
      assert.match(said, /restore|remove/, 'no remedy');
    } finally {
      await rm(path);
    }
  });
});

describe('a port that another program has stops the start', { timeout: 120_000 }, () => {
  let stack: Stack;

  before(async () => {
    stack = await startStack({ rendezvous: 0, relay: 0 });
  });

  after(() => stack.stop());

  for (const [service, offsets, taken] of [
    ['rendezvous', [-1, 0, 2], -1],
    ['rendezvous', [-1, 0, 2], 2],
    ['relay', [0, 2], 0],
  ] as const) {
    test(`${service}: its own port ${taken < 0 ? '-' : '+'} ${String(Math.abs(taken))} is taken`, async () => {
      const port = await freePortBlock(offsets);
      // The health check of the service looks at its ports and hangs up.
      const squatter = createServer((socket) => socket.on('error', () => undefined));
      await new Promise<void>((resolve) => squatter.listen(port + taken, resolve));
      try {
        await assert.rejects(stack.add(service, port), /PORT/);
        const replica = stack.replicas.at(-1);
        assert.ok(replica);
        assert.equal(replica.exitCode, 1, replica.output);
        assert.match(complaintIn(service, replica.output), new RegExp(String(port + taken)));
      } finally {
        squatter.close();
      }
    });
  }
});

/** The lines on stderr that are for the operator: they begin with the service's name. */
function complaintIn(service: ServiceName, output: string): string {
  const start = output.indexOf(`${service}: `);
  assert.ok(start >= 0, `nothing for the operator in: ${output}`);
  const said = output.slice(start).trim();
  assert.match(said, /[.?]$/, 'not a whole sentence');
  assert.doesNotMatch(said, /\n\s+at /, 'a stack trace is not for operators');
  return said;
}

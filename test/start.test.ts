import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Caller, Child, Device, freePortBlock, until } from '@waystation/testkit';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'npm-start-'));

after(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('npm start: everything a person needs is printed, a client connects, and it ends cleanly', async () => {
  const port = await freePortBlock([-2, -1, 0, 1, 2, 3]);
  const foreign = join(folder, 'run', 'of-somebody-else.json');
  mkdirSync(join(folder, 'run'));
  writeFileSync(foreign, '{}');
  const child = new Child({
    command: process.execPath,
    args: [join(root, 'deploy', 'bare', 'start.mjs'), '--data', folder, '--relay', '2'],
    cwd: root,
    env: {
      ...process.env,
      PORT: String(port),
      API_PORT: String(port - 2),
      WAYSTATION_HOST: '127.0.0.1',
      REDIS_URL: '',
    },
  });
  try {
    const ready = (): boolean => !child.alive || child.output.includes('Waystation is ready');
    await until(ready, { what: 'the stack', timeoutMs: 120_000 });
    assert.ok(child.alive, child.output);
    await until(() => child.output.includes('Running'), { what: 'the last line' });
    const shown = (name: string): string =>
      new RegExp(`${name} +(\\S+)`).exec(child.output)?.[1] ?? assert.fail(child.output);
    assert.match(child.output, /First administrator: admin, password \S+/);
    assert.match(child.output, /1 registry, 1 rendezvous, 2 relay, 1 api/);
    assert.match(shown('Or import'), /^[\w-]{60,}$/);
    assert.equal((await fetch(shown('Console'))).status, 200);
    await connect(port, shown('Key'));
    assert.ok(existsSync(foreign), 'only run files of replicas are removed');
    assert.match(await secondStart(), /is in use by another start .*--data/);
    assert.ok(child.alive);
    child.signal('SIGINT');
    assert.equal(await child.finished(60_000), 0, child.output);
    assert.match(child.output, /ended\.\s*$/);
  } finally {
    await child.stop();
  }
});

/** On other ports, but in the same folder: what it says. */
async function secondStart(): Promise<string> {
  const port = await freePortBlock([-2, -1, 0, 1, 2, 3]);
  const ports = { PORT: String(port), API_PORT: String(port - 2) };
  const child = new Child({
    command: process.execPath,
    args: [join(root, 'deploy', 'bare', 'start.mjs'), '--data', folder],
    cwd: root,
    env: { ...process.env, ...ports, REDIS_URL: '' },
  });
  try {
    assert.equal(await child.finished(60_000), 1, child.output);
    return child.output;
  } finally {
    await child.stop();
  }
}

async function connect(port: number, key: string): Promise<void> {
  const server = { host: '127.0.0.1', port };
  const device = new Device({ server, key });
  const caller = new Caller({ server, key, forceRelay: true });
  try {
    await device.start();
    const [mine, theirs] = await Promise.all([caller.connect(device.id), device.session()]);
    await mine.leg.send(Buffer.from('hello'));
    assert.equal(String(await theirs.leg.receive()), 'hello');
    assert.ok(mine.verified && mine.encrypted);
  } finally {
    caller.stop();
    device.stop();
  }
}

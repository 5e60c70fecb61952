import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type RedisServer, startRedis, until } from '@waystation/testkit';

const PROGRAM = fileURLToPath(new URL('./testing/idle-service.js', import.meta.url));

interface Service {
  readonly child: ChildProcess;
  readonly stderr: () => string;
  readonly stdout: () => string;
  /** The exit code, or the signal's name. */
  readonly ended: Promise<number | string>;
  readonly runDir: string;
}

describe('runService', () => {
  let redis: RedisServer;
  let folder: string;
  before(async () => {
    redis = await startRedis();
    folder = mkdtempSync(join(tmpdir(), 'waystation-run-'));
  });
  const children: ChildProcess[] = [];
  after(async () => {
    for (const child of children) child.kill('SIGKILL');
    await redis.stop();
    rmSync(folder, { recursive: true });
  });

  function start(env: Record<string, string> = {}, args: string[] = []): Service {
    const runDir = mkdtempSync(join(folder, 'run-'));
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      cwd: folder,
      env: { PATH: process.env['PATH'], REDIS_URL: redis.url, RUN_DIR: runDir, ...env },
    });
    children.push(child);
    const heard = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (heard.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (heard.stderr += chunk.toString()));
    const ended = once(child, 'close').then(
      ([code, signal]) => (code ?? signal) as number | string,
    );
    return { child, stdout: () => heard.stdout, stderr: () => heard.stderr, ended, runDir };
  }

  async function started(env?: Record<string, string>, args?: string[]): Promise<Service> {
    const service = start(env, args);
    await until(() => service.stdout().includes(' started '), {
      timeoutMs: 15_000,
      what: 'a start',
    });
    return service;
  }

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) {
    test(`${signal} ends it in order and takes the run file away`, async () => {
      const service = await started();
      const [file] = readdirSync(service.runDir);
      const facts = JSON.parse(readFileSync(join(service.runDir, file ?? ''), 'utf8')) as {
        opsPort: number;
        pid: number;
      };
      assert.equal(facts.pid, service.child.pid);
      const ready = await fetch(`http://127.0.0.1:${facts.opsPort}/readyz`);
      assert.equal(ready.status, 200);
      service.child.kill(signal);
      assert.equal(await service.ended, 0);
      assert.deepEqual(readdirSync(service.runDir), []);
    });
  }

  test('a second signal ends it at once', async () => {
    const service = await started({ STOP_TIMEOUT: '1h' }, ['slow']);
    service.child.kill('SIGTERM');
    await until(() => service.stdout().includes(' ending '), { timeoutMs: 5000, what: 'the end' });
    service.child.kill('SIGINT');
    assert.equal(await service.ended, 130);
  });

  test('an end that hangs is cut off after STOP_TIMEOUT', async () => {
    const service = await started({ STOP_TIMEOUT: '200ms' }, ['slow']);
    service.child.kill('SIGTERM');
    assert.equal(await service.ended, 0);
    assert.match(service.stdout(), /not everything ended in time/);
  });

  test('an error that nobody caught is logged and ends nothing', async () => {
    const service = await started();
    service.child.kill('SIGUSR2');
    await until(() => service.stdout().includes('thrown on purpose'), {
      timeoutMs: 5000,
      what: 'the log',
    });
    service.child.kill('SIGTERM');
    assert.equal(await service.ended, 0);
  });

  test('the loss of Redis ends nothing', async () => {
    const own = await startRedis();
    const service = await started({ REDIS_URL: own.url });
    await own.stop();
    service.child.kill('SIGUSR2');
    await until(() => service.stdout().includes('on purpose'), {
      timeoutMs: 5000,
      what: 'a sign of life',
    });
    assert.equal(service.child.exitCode, null);
    service.child.kill('SIGTERM');
    assert.equal(await service.ended, 0);
  });

  test('bad settings: one sentence each on stderr, exit code 1', async () => {
    const service = start({ PORT: 'many', LOG_LEVEL: 'loud' });
    assert.equal(await service.ended, 1);
    assert.match(
      service.stderr(),
      /^idle: LOG_LEVEL is "loud" but must be one of .*\nPORT is "many" but .*\n$/,
    );
    assert.equal(service.stdout(), '');
  });

  test('a port that is taken: one sentence, exit code 1', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const address = blocker.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    const service = start({ OPS_PORT: port });
    assert.equal(await service.ended, 1);
    assert.match(service.stderr(), new RegExp(`^idle: A port is taken.*${port}.*\\n$`));
    blocker.close();
  });

  test('no Redis but something else: one sentence that names REDIS_URL, exit code 1', async () => {
    const web = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0);
    await once(web, 'listening');
    const address = web.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    const service = start({ REDIS_URL: `redis://127.0.0.1:${port}` });
    assert.equal(await service.ended, 1);
    assert.match(
      service.stderr(),
      /^idle: REDIS_URL: no Redis at 127\.0\.0\.1:\d+ \(something.*\n$/,
    );
    web.close();
  });

  test('a wrong Redis password: one sentence without the password, exit code 1', async () => {
    const own = await startRedis();
    const admin = connect(own.port, '127.0.0.1');
    admin.write('CONFIG SET requirepass right-password\r\n');
    await once(admin, 'data');
    const service = start({ REDIS_URL: own.url.replace('//', '//:wrong-password@') });
    assert.equal(await service.ended, 1);
    assert.match(service.stderr(), /^idle: REDIS_URL: no Redis at .*WRONGPASS.*\n$/);
    assert.doesNotMatch(service.stderr(), /wrong-password/);
    admin.destroy();
    await own.stop();
  });
});

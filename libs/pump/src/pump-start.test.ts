import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { epollLayout } from './epoll-layout.js';

const run = promisify(execFile);
const PUMP = new URL('./index.js', import.meta.url).href;

/** Runs a module in a process of its own; it must end by itself within ten seconds. */
async function inProcess(body: string, ...flags: string[]): Promise<{ out: string; err: string }> {
  const script = `import { Pump } from ${JSON.stringify(PUMP)};\n${body}`;
  const argv = [...flags, '--input-type=module', '--eval', script];
  const { stdout, stderr } = await run(process.execPath, argv, { timeout: 10_000 });
  return { out: stdout.trim(), err: stderr.trim() };
}

test('without FFI there is no pump but a reason', async () => {
  const body = 'console.log(JSON.stringify(await Pump.start()));';
  const { out, err } = await inProcess(body, '--no-experimental-ffi');
  assert.match(out, /^\{"reason":".*node:ffi"\}$/);
  assert.equal(err, '');
});

test('a pump prints nothing and does not keep a process alive', async () => {
  const { out, err } = await inProcess('const { pump } = await Pump.start(); console.log(!!pump);');
  assert.equal(out, 'true');
  assert.equal(err, '');
});

test('process.exit() does not wait for a pump that sleeps', async () => {
  const { out } = await inProcess('await Pump.start(); console.log("now"); process.exit(0);');
  assert.equal(out, 'now');
});

test('the epoll layout is packed on x86-64 only, and unknown elsewhere', () => {
  assert.deepEqual(epollLayout('x64'), { stride: 3, cookie: 1 });
  assert.deepEqual(epollLayout('arm64'), { stride: 4, cookie: 2 });
  assert.equal(epollLayout('mips'), undefined);
});

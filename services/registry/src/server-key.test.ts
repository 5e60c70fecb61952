import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ConfigError } from '@waystation/config';
import { parseSecretKey } from '@waystation/wire';
import { loadServerKey, publicFacts } from './server-key.js';

const SECRET =
  'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8DoQe/884Qvh1w3RjnS8CZZ+TWMJulDV8d3IZkElUxuA==';
const PUBLIC = 'A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=';

function folder(): string {
  return mkdtempSync(join(tmpdir(), 'server-key-'));
}

function collecting(): { lines: string[]; log: Parameters<typeof loadServerKey>[2] } {
  const lines: string[] = [];
  const nothing = (): void => undefined;
  const warn = (message: string): void => {
    lines.push(message);
  };
  return { lines, log: { debug: nothing, info: nothing, warn, error: nothing } };
}

test('[P26] an upstream key file loads with and without a newline; the public key is bytes 32 to 63', async () => {
  for (const ending of ['', '\n', '\r\n', '  \n']) {
    const dir = folder();
    writeFileSync(join(dir, 'id_ed25519'), SECRET + ending);
    const key = await loadServerKey('-', dir, collecting().log);
    assert.equal(key.pair?.publicKey.toString('base64'), PUBLIC);
    assert.equal(key.licenceKey, PUBLIC);
    assert.equal(readFileSync(join(dir, 'id_ed25519'), 'utf8'), SECRET + ending);
    assert.equal(readFileSync(join(dir, 'id_ed25519.pub'), 'utf8'), PUBLIC);
  }
});

test('[P27] a malformed key file is a ConfigError, and the registry ends with exit code 1', async () => {
  const short = Buffer.alloc(63).toString('base64');
  const foreign = Buffer.concat([Buffer.alloc(32), Buffer.alloc(32, 1)]).toString('base64');
  for (const text of ['', 'no key', short, `${SECRET}${SECRET}`, foreign]) {
    const dir = folder();
    writeFileSync(join(dir, 'id_ed25519'), text);
    await assert.rejects(loadServerKey('-', dir, collecting().log), ConfigError, text);
    assert.equal(readFileSync(join(dir, 'id_ed25519'), 'utf8'), text, 'the file is left alone');
  }
});

test('[P28] without files both are made in upstream format, for the owner only, fit for names and URLs', async () => {
  for (const key of ['-', '_']) {
    const dir = folder();
    const made = await loadServerKey(key, dir, collecting().log);
    const secretText = readFileSync(join(dir, 'id_ed25519'), 'utf8');
    const publicText = readFileSync(join(dir, 'id_ed25519.pub'), 'utf8');
    assert.match(secretText, /^[A-Za-z0-9+/]{86}==$/);
    assert.match(publicText, /^[A-Za-z0-9+]{43}=$/);
    assert.equal(parseSecretKey(secretText)?.publicKey.toString('base64'), publicText);
    assert.equal(made.licenceKey, publicText);
    assert.equal(statSync(join(dir, 'id_ed25519')).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(dir).sort(), ['id_ed25519', 'id_ed25519.pub'], 'no leftovers');
    const again = await loadServerKey(key, dir, collecting().log);
    assert.equal(again.licenceKey, made.licenceKey);
  }
});

test('[P29] services that start together in one directory end with the same key', async () => {
  const module = new URL('./key-files.js', import.meta.url).href;
  const code = `import { loadOrCreateKeyFiles } from '${module}';
    const { publicKey } = await loadOrCreateKeyFiles(process.argv[1]);
    process.stdout.write(publicKey.toString('base64'));`;
  const dir = join(folder(), 'not', 'there', 'yet');
  const inHere = Array.from({ length: 10 }, () => loadServerKey('-', dir, collecting().log));
  const inProcesses = Array.from({ length: 3 }, () =>
    run(['--input-type=module', '-e', code, dir]),
  );
  const keys = new Set([
    ...(await Promise.all(inHere)).map(({ licenceKey }) => licenceKey),
    ...(await Promise.all(inProcesses)),
  ]);
  assert.equal(keys.size, 1);
  assert.deepEqual(readdirSync(dir).sort(), ['id_ed25519', 'id_ed25519.pub']);
  assert.ok(keys.has(readFileSync(join(dir, 'id_ed25519.pub'), 'utf8')));
});

test('[P30] an empty KEY skips the licence check but still signs', async () => {
  const dir = folder();
  const facts = publicFacts(await loadServerKey('', dir, collecting().log));
  assert.equal(facts.licenceKey, '');
  assert.equal(facts.signs, true);
  assert.equal(
    readFileSync(join(dir, 'id_ed25519.pub'), 'utf8'),
    facts.publicKey.toString('base64'),
  );
});

test('[P31] KEY with 64 bytes in base64 is the secret key, its public half the licence key', async () => {
  const dir = folder();
  const key = await loadServerKey(SECRET, dir, collecting().log);
  assert.equal(key.pair?.secretKey.toString('base64'), SECRET);
  assert.equal(key.licenceKey, PUBLIC);
  assert.deepEqual(readdirSync(dir), [], 'files are left alone');
});

test('[P32] KEY with a public key is compared, signs nothing and warns', async () => {
  const { lines, log } = collecting();
  const dir = folder();
  const key = await loadServerKey(PUBLIC, dir, log);
  assert.deepEqual(publicFacts(key), {
    publicKey: Buffer.alloc(0),
    licenceKey: PUBLIC,
    signs: false,
  });
  assert.match(lines.join(), /UNENCRYPTED/);
  assert.deepEqual(readdirSync(dir), []);
});

test('a folder that cannot be used is a ConfigError that names KEY_DIR', async () => {
  const file = join(folder(), 'file');
  writeFileSync(file, '');
  await assert.rejects(loadServerKey('-', join(file, 'below'), collecting().log), /KEY_DIR/);
});

function run(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject);
    child.on('close', () => {
      resolve(output);
    });
  });
}

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Header } from 'tar';
import { Failure } from '../failure.js';
import { CliPlace } from '../testing/cli-place.js';
import { readBackup } from './content.js';
import { inWorkFolder } from './work-folder.js';

let place: CliPlace;
before(async () => (place = await CliPlace.open()));
after(() => place[Symbol.asyncDispose]());

test('a damaged, cut off, foreign or later backup is refused in words, and nothing is written', async () => {
  await place.addDevice('200000000');
  const file = join(place.folder, 'whole.tar.gz');
  const saved = await place.run(['backup', file]);
  assert.equal(saved.code, 0, saved.err);
  const whole = readFileSync(file);
  const plain = gunzipSync(whole);
  const before = await place.ids();
  const flipped = Buffer.from(plain);
  const at = flipped.indexOf('"guid"');
  flipped[at + 10] = (flipped[at + 10] ?? 0) ^ 1;
  const cases: [RegExp, Buffer][] = [
    [/damaged or cut off/, whole.subarray(0, whole.length / 2)],
    [/damaged|cut off/, gzipSync(plain.subarray(0, plain.length / 2))],
    [/another SHA-256/, gzipSync(flipped)],
    [/damaged or cut off/, Buffer.from('no archive at all')],
    [/damaged or cut off|holds nothing/, Buffer.alloc(0)],
    [/does not begin with a manifest/, archive([['../../etc/cron.d/x', 'x']])],
    [/format 3 .*newer release/, archive([['manifest.json', manifest({ format: 3 })]])],
    [/manifest cannot be read/, archive([['manifest.json', '{']])],
    [
      /"\.\.\/evil".*no backup has/,
      archive([
        ['manifest.json', manifest({})],
        ['../evil', 'x'],
      ]),
    ],
    [
      /"\/etc\/passwd".*no backup has/,
      archive([
        ['manifest.json', manifest({})],
        ['/etc/passwd', 'x'],
      ]),
    ],
    [
      /"id_ed25519".*no backup has/,
      archive([
        ['manifest.json', manifest({})],
        ['id_ed25519', 'x', 'SymbolicLink'],
      ]),
    ],
    ...['recordings/../../x.webm', 'recordings/../x.webm', 'recordings/./x.webm', '/x.webm'].map(
      (name): [RegExp, Buffer] => {
        const recordings = [{ name, bytes: 1, sha256: '' }];
        return [
          /manifest cannot be read/,
          archive([
            ['manifest.json', manifest({ format: 2, recordings })],
            [name, 'x'],
          ]),
        ];
      },
    ),
    [
      /"recordings\/1.2.3.4\/x.webm".*no backup has/,
      archive([
        ['manifest.json', manifest({ format: 2, recordings: [] })],
        ['recordings/1.2.3.4/x.webm', 'x'],
      ]),
    ],
    [
      /identities.jsonl is missing/,
      archive([['manifest.json', manifest({ parts: [facts('identities.jsonl')] })]]),
    ],
    [
      /has another size/,
      archive([
        ['manifest.json', manifest({ parts: [facts('data-key')] })],
        ['data-key', 'long'],
      ]),
    ],
    [
      /manifest cannot be read/,
      archive([['manifest.json', manifest({ parts: [facts('../evil')] })]]),
    ],
  ];
  for (const [words, bytes] of cases) {
    const read = inWorkFolder((into) => readBackup(Readable.from([bytes]), into));
    const refusal = (error: unknown) => error instanceof Failure && words.test(error.message);
    await assert.rejects(read, refusal, String(words));
  }
  const { code, err } = await place.run(
    ['restore', '-', '--force'],
    whole.subarray(0, whole.length / 2),
  );
  assert.match(err, /^The backup is damaged or cut off/);
  assert.equal(code, 1);
  assert.deepEqual(await place.ids(), before);
  const twice = await place.run(['backup', file]);
  assert.match(twice.err, /is there already/);
});

function facts(name: string): object {
  return { name, bytes: 0, sha256: '' };
}

function manifest(changes: object): string {
  const usual = { format: 1, release: '9.9', made: 'now', key: '', devices: 0, parts: [] };
  return JSON.stringify({ ...usual, ...changes });
}

/** A compressed archive with whatever entries somebody could make. */
function archive(entries: [path: string, text: string, type?: 'File' | 'SymbolicLink'][]): Buffer {
  const blocks = entries.flatMap(([path, text, type = 'File']) => {
    const size = type === 'File' ? Buffer.byteLength(text) : 0;
    const head = Buffer.alloc(512);
    const link = type === 'SymbolicLink' ? { linkpath: text } : {};
    new Header({ path, size, type, mode: 0o644, mtime: new Date(0), ...link }).encode(head, 0);
    const body = Buffer.alloc(Math.ceil(size / 512) * 512);
    body.write(text.slice(0, size));
    return [head, body];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

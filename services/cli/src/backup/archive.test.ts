import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import test, { type TestContext } from 'node:test';
import { packFile, unpack } from './archive.js';
import { BACKUP_FORMAT, type Manifest } from './manifest.js';
import { inWorkFolder } from './work-folder.js';

const NAME = 'recordings/203.0.113.7/incoming_1.webm';
/** More than all the buffers on the way of an entry to the disk hold together. */
const content = randomBytes(3 * 2 ** 20);
/** As much as a pipe holds. */
const CHUNK_BYTES = 64 * 1024;

test('an archive that is cut off or damaged anywhere is refused', async (t) => {
  const folder = folderOf(t);
  const file = await archiveIn(folder);
  const lengths = [300, 70_000, 300_000, 2 ** 20, file.length - CHUNK_BYTES, file.length - 20];
  for (const length of lengths) {
    const cut = (): Readable => inChunks(file.subarray(0, length));
    const refusal = /^Failure: The backup is damaged or cut off \(/;
    await assert.rejects(unpack(cut(), folder), refusal, `${length} bytes, only checked`);
    // removing the folder fails while anything is still written to it
    const unpacked = inWorkFolder((into) => unpack(cut(), folder, into));
    await assert.rejects(unpacked, refusal, `${length} bytes, unpacked`);
  }
  for (const at of [70_000, 2 ** 20, file.length - CHUNK_BYTES]) {
    const damaged = Buffer.from(file);
    damaged.fill(0xff, at, at + 64);
    const into = mkdtempSync(join(folder, 'damaged-'));
    await assert.rejects(
      unpack(inChunks(damaged), folder, into),
      /^Failure: .*damaged/,
      `at ${at}`,
    );
  }
  const into = mkdtempSync(join(folder, 'whole-'));
  await unpack(inChunks(file), folder, into);
  assert.ok(readFileSync(join(into, NAME)).equals(content));
});

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'waystation-archive-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function archiveIn(folder: string): Promise<Buffer> {
  const source = mkdtempSync(join(folder, 'source-'));
  mkdirSync(join(source, NAME, '..'), { recursive: true });
  writeFileSync(join(source, NAME), content);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const manifest: Manifest = {
    format: BACKUP_FORMAT,
    release: '0.1.0',
    made: '2026-01-01T00:00:00.000Z',
    key: '',
    devices: 0,
    parts: [],
    recordings: [{ name: NAME, bytes: content.length, sha256 }],
  };
  // recordings that were written to just now are not taken
  utimesSync(join(source, NAME), 0, 0);
  await packFile(source, manifest, join(folder, 'whole.tar.gz'));
  return readFileSync(join(folder, 'whole.tar.gz'));
}

function inChunks(bytes: Buffer): Readable {
  const count = Math.ceil(bytes.length / CHUNK_BYTES);
  const starts = Array.from({ length: count }, (_, index) => index * CHUNK_BYTES);
  return Readable.from(starts.map((at) => bytes.subarray(at, at + CHUNK_BYTES)));
}

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import type { Answer } from '../testing/caller.js';
import { type TestDatabase, onEveryDatabase } from '../testing/databases.js';
import { TestApi } from '../testing/test-api.js';
import { useApi } from '../testing/use-api.js';
import { RecordingRoom } from './recording-room.js';

const DAY_S = 86_400;
const MEGABYTE = 1024 * 1024;
/** As many gigabytes as are ten megabytes. */
const TEN_MEGABYTES = 10 / 1024;

function upload(api: TestApi, query: Record<string, string>, body?: Buffer): Promise<Answer> {
  const path = `/api/record?${new URLSearchParams(query).toString()}`;
  return api.caller().send({ method: 'POST', path, body: body ?? Buffer.alloc(0) });
}

/** A recording of some size and age on disk. */
function put(api: TestApi, file: string, bytes: number, ageDays: number, isOpen = false): string {
  const folder = join(api.config.dataDir, 'recordings', '192.0.2.7');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, file);
  writeFileSync(path, Buffer.alloc(bytes), { mode: isOpen ? 0o600 : 0o400 });
  const at = Date.now() / 1000 - ageDays * DAY_S;
  utimesSync(path, at, at);
  return path;
}

onEveryDatabase('limits of recordings', (database) => {
  const api = useApi(database, {
    recordings: true,
    recordingRetentionMs: 30 * DAY_S * 1000,
    recordingLimitGigabytes: TEN_MEGABYTES,
  });

  it('remove what is too old, then the oldest, never what is being written, and say so', async () => {
    const tooOld = put(api(), 'too-old.webm', 10, 31);
    const abandoned = put(api(), 'abandoned.webm', 10, 32, true);
    const oldest = put(api(), 'oldest.webm', 6 * MEGABYTE, 5);
    const growing = put(api(), 'growing.webm', 3 * MEGABYTE, 0.9, true);
    const newer = put(api(), 'newer.webm', 3 * MEGABYTE, 0.5);
    const foreign = put(api(), 'notes.txt', 10, 400);
    await api().part(RecordingRoom).run();
    const left = [tooOld, abandoned, oldest, growing, newer, foreign].map((path) =>
      existsSync(path),
    );
    assert.deepEqual(left, [false, false, false, true, true, true]);
    const lines = api().logged.filter((line) => line.startsWith('removed recordings'));
    assert.equal(lines.length, 2);
    assert.match(lines[0] ?? '', /"reason":"age","recordings":2,"bytes":20.*too-old\.webm/);
    assert.match(lines[1] ?? '', /"reason":"size","recordings":1.*192\.0\.2\.7\/oldest\.webm/);
    await api().part(RecordingRoom).run();
    assert.equal(api().logged.filter((line) => line.startsWith('removed recordings')).length, 2);
  });

  it('make room for what comes, and refuse it when only what is being written is left', async () => {
    await api().device();
    const old = put(api(), 'old.webm', 3.7 * MEGABYTE, 3);
    await api().part(RecordingRoom).run();
    assert.equal(existsSync(old), true);
    const file = 'incoming_1_20261121030000000_display0_vp9.webm';
    assert.equal((await upload(api(), { type: 'new', file })).text, '');
    const part = (megabyte: number): Promise<Answer> =>
      upload(
        api(),
        { type: 'part', file, offset: String(megabyte * MEGABYTE) },
        Buffer.alloc(MEGABYTE),
      );
    const answers: string[] = [];
    for (let megabyte = 0; megabyte < 8; megabyte++) answers.push((await part(megabyte)).text);
    assert.equal(existsSync(old), false);
    assert.equal(
      answers.findIndex((text) => text !== ''),
      7,
      answers.join(),
    );
    assert.match(answers[7] ?? '', /no room for more recordings/);
    const path = join(api().config.dataDir, 'recordings', '127.0.0.1', file);
    assert.equal(statSync(path).size, 7 * MEGABYTE);
    assert.match((await upload(api(), { type: 'new', file: 'next.webm' })).text, /no room/);
  });
});

onEveryDatabase('recordings without limits', (database) => {
  const api = useApi(database, { recordingRetentionMs: 0, recordingLimitGigabytes: 0 });

  it('are all kept', async () => {
    const path = put(api(), 'very-old.webm', 10, 4000);
    await api().part(RecordingRoom).run();
    assert.equal(existsSync(path), true);
  });
});

onEveryDatabase('a full disk', (database) => {
  it('is said to the device, and nothing half-written is left', async (test) => {
    const { api, folder } = await onSmallDisk(database);
    test.after(() => api.stop());
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'none', folder]).status !== 0) {
      return test.skip('this user may not mount a small disk');
    }
    test.after(() => spawnSync('umount', ['-l', folder]));
    await api.device();
    await api.part(RecordingRoom).run();
    const file = 'full.webm';
    assert.equal((await upload(api, { type: 'new', file })).text, '');
    const part = (offset: number, bytes: number): Promise<Answer> =>
      upload(api, { type: 'part', file, offset: String(offset) }, Buffer.alloc(bytes));
    assert.equal((await part(0, MEGABYTE)).text, '');
    // somebody else takes what is left between two looks
    const filler = join(folder, 'filler');
    writeFileSync(filler, Buffer.alloc(2.5 * MEGABYTE));
    const full = await part(MEGABYTE, MEGABYTE);
    assert.deepEqual(full.json, { error: 'The disk of this server is full' });
    const path = join(folder, '127.0.0.1', file);
    assert.equal(statSync(path).size, MEGABYTE);
    assert.ok(api.logged.some((line) => line.includes('the disk is full')));
    rmSync(filler);
    assert.equal((await part(MEGABYTE, MEGABYTE)).text, '');
    assert.equal(statSync(path).size, 2 * MEGABYTE);
  });
});

async function onSmallDisk(database: TestDatabase): Promise<{ api: TestApi; folder: string }> {
  const api = await TestApi.start(await database.fresh(), { recordings: true });
  const folder = join(api.config.dataDir, 'recordings');
  mkdirSync(folder, { recursive: true });
  return { api, folder };
}

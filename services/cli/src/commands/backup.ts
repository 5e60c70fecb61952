import { existsSync } from 'node:fs';
import type { Arguments } from '../arguments.js';
import { packFile, pack, written } from '../backup/archive.js';
import { collect } from '../backup/collect.js';
import type { Manifest } from '../backup/manifest.js';
import type { RecordingFacts } from '../backup/recordings.js';
import { inWorkFolder } from '../backup/work-folder.js';
import type { Command } from '../command.js';
import { Failure, UsageError } from '../failure.js';
import { megabytes, note } from '../output.js';
import { readAllSettings } from '../settings.js';
import { withRedis } from '../with-redis.js';

export const backupCommand: Command = {
  name: 'backup',
  usage: '[FILE | -] [--with-recordings]',
  meaning:
    'save the key, all devices and all accounts while everything runs; - is stdout; --with-recordings saves the recordings of sessions too',
  flags: { 'with-recordings': false },
  mostWords: 1,
  run: backUp,
};

async function backUp(given: Arguments): Promise<number> {
  const settings = readAllSettings();
  const path = given.word(0) ?? defaultName();
  if (path === '') throw new UsageError('The name of the file is empty.');
  if (path !== '-' && existsSync(path)) {
    throw new Failure(`${path} is there already; name another file.`);
  }
  await inWorkFolder(async (folder) => {
    const work = withRedis(settings.registry.redisUrl, (redis) => {
      return collect(settings, redis, folder, given.has('with-recordings'));
    });
    const { manifest, missing } = await work;
    if (path === '-') await written('stdout', pack(folder, manifest, process.stdout));
    else await packFile(folder, manifest, path);
    note(`Saved ${summary(manifest)}${path === '-' ? '' : ` to ${path}`}.`);
    for (const sentence of missing) note(`Note: ${sentence}`);
    if (manifest.key !== '') note('It holds the secret key of the server: keep it safe.');
  });
  return 0;
}

function defaultName(): string {
  const time = new Date().toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `waystation-${time}.tar.gz`;
}

/** What a backup holds, in words. */
export function summary({ key, devices, accounts, recordings }: Manifest): string {
  const rows = Object.values(accounts ?? {}).reduce((sum, count) => sum + count, 0);
  const users = accounts?.['users'] ?? 0;
  const told = [
    key === '' ? 'no key' : `key ${key}`,
    `${devices} devices`,
    accounts === undefined ? 'no accounts' : `${users} users (${rows} rows of accounts)`,
    recordings === undefined ? 'no recordings' : recordingsTold(recordings),
  ];
  return told.join(', ');
}

function recordingsTold(recordings: readonly RecordingFacts[]): string {
  const bytes = recordings.reduce((sum, each) => sum + each.bytes, 0);
  return `${recordings.length} recordings (${megabytes(bytes)})`;
}

import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { Arguments } from '../arguments.js';
import { readBackup } from '../backup/content.js';
import type { Manifest } from '../backup/manifest.js';
import { restore } from '../backup/restore.js';
import { inWorkFolder } from '../backup/work-folder.js';
import type { Command } from '../command.js';
import { reasonOf } from '@waystation/ops';
import { Failure } from '../failure.js';
import { say } from '../output.js';
import { readAllSettings, type AllSettings } from '../settings.js';
import { withRedis } from '../with-redis.js';
import { summary } from './backup.js';

export const restoreCommand: Command = {
  name: 'restore',
  usage: 'FILE | - [--verify | --force]',
  meaning:
    'bring a backup back while the services are stopped; --verify only checks it, --force overwrites; - is stdin',
  flags: { verify: false, force: false },
  mostWords: 1,
  run: bringBack,
};

async function bringBack(given: Arguments): Promise<number> {
  const path = given.required(0, 'The file of the backup');
  if (path !== '-') {
    await access(path).catch((error: unknown) => {
      throw new Failure(`${path} cannot be read (${reasonOf(error)}).`);
    });
  }
  const source = path === '-' ? process.stdin : createReadStream(path);
  if (given.has('verify')) await verify(source);
  else await bringInto(source, readAllSettings(), given.has('force'));
  return 0;
}

async function verify(source: Readable): Promise<void> {
  const { manifest } = await inWorkFolder((folder) => readBackup(source, folder));
  say(`The backup is whole: ${told(manifest)}.`);
}

async function bringInto(source: Readable, settings: AllSettings, force: boolean): Promise<void> {
  const { dataDir } = settings.api;
  // recordings may be larger than memory, which is where temporary files are in containers
  const manifest = await inWorkFolder((recordingsFolder) => {
    return inWorkFolder(async (folder) => {
      const content = await readBackup(source, folder, recordingsFolder);
      await withRedis(settings.registry.redisUrl, (redis) =>
        restore(content, settings, redis, force),
      );
      return content.manifest;
    });
  }, dataDir);
  say(`Restored ${told(manifest)}. Start the services now.`);
}

function told(manifest: Manifest): string {
  return `${summary(manifest)}, made ${manifest.made} by release ${manifest.release}`;
}

import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import type { Arguments } from '../arguments.js';
import { readBackup } from '../backup/content.js';
import { restore } from '../backup/restore.js';
import { inWorkFolder } from '../backup/work-folder.js';
import type { Command } from '../command.js';
import { reasonOf } from '@waystation/ops';
import { Failure } from '../failure.js';
import { say } from '../output.js';
import { readAllSettings } from '../settings.js';
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
  await inWorkFolder(async (folder) => {
    const content = await readBackup(source, folder);
    const { made, release } = content.manifest;
    const told = `${summary(content.manifest)}, made ${made} by release ${release}`;
    if (given.has('verify')) {
      say(`The backup is whole: ${told}.`);
      return;
    }
    const settings = readAllSettings();
    const force = given.has('force');
    await withRedis(settings.registry.redisUrl, (redis) =>
      restore(content, settings, redis, force),
    );
    say(`Restored ${told}. Start the services now.`);
  });
  return 0;
}

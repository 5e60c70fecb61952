import { join } from 'node:path';
import type { Arguments } from '../arguments.js';
import type { Command } from '../command.js';
import { UsageError } from '../failure.js';
import { registryRuns } from '../identity-import.js';
import { say } from '../output.js';
import { readAllSettings, type AllSettings } from '../settings.js';
import { applyImport, undoImport } from '../upstream/apply.js';
import { planImport, type ImportPlan } from '../upstream/plan.js';
import { readUpstream, type UpstreamServer } from '../upstream/source.js';
import { readUndo } from '../upstream/undo-file.js';
import { withRedis } from '../with-redis.js';
import type { Redis } from '@waystation/state';

/** More would scroll away what matters; the counts tell the rest. */
const MOST_LISTED = 50;

export const importCommand: Command = {
  name: 'import rustdesk-server',
  usage: 'FOLDER [--apply [--replace] [--undo-file FILE]] | --undo FILE',
  meaning:
    "take devices and key over from upstream's hbbs; without --apply it only tells what would happen",
  flags: { apply: false, replace: false, 'undo-file': true, undo: true },
  mostWords: 1,
  run: importUpstream,
};

async function importUpstream(given: Arguments): Promise<number> {
  const settings = readAllSettings();
  const { redisUrl } = settings.registry;
  const undoPath = given.text('undo');
  if (undoPath !== undefined) {
    return withRedis(redisUrl, (redis) => takeBack(undoPath, settings, redis));
  }
  if (given.has('replace') && !given.has('apply')) throw new UsageError('--replace needs --apply.');
  const upstream = await readUpstream(given.required(0, 'The folder of hbbs'));
  return withRedis(redisUrl, async (redis) => {
    const plan = await planImport(upstream, settings, redis);
    describe(upstream, plan, settings);
    if (given.has('apply')) return perform(given, upstream, plan, settings, redis);
    say('Nothing was changed; repeat this with --apply to do it.');
    return 0;
  });
}

function describe(upstream: UpstreamServer, plan: ImportPlan, { registry }: AllSettings): void {
  const { added, same, conflicts, unusable } = plan;
  say(`${upstream.database} has ${upstream.identities.length} devices.`);
  say(`  new here               ${added.length}`);
  say(`  here with the same key ${same.length}`);
  say(`  taken by another key   ${conflicts.length}`);
  say(`  cannot be kept         ${unusable.length}`);
  const taken = conflicts.map(
    ({ theirs, ours }) => `${theirs.id}: taken here since ${new Date(ours.created).toISOString()}`,
  );
  list(taken);
  list(
    unusable.map(
      ({ id }) => `${JSON.stringify(id)}: the id, the uuid or the key has no usable form`,
    ),
  );
  if (upstream.annotated > 0)
    say(`Notes of ${upstream.annotated} devices stay in the old database.`);
  say(keyWords[plan.key]);
  if (plan.key !== 'none' && !['', '-', '_'].includes(registry.key)) {
    say('The setting KEY is in effect instead of the key files: remove it from the settings.');
  }
}

const keyWords: Readonly<Record<ImportPlan['key'], string>> = {
  keep: 'The server key is the same already.',
  put: 'The server key is taken over, so that no client needs a change.',
  replace:
    'The server key replaces the one of this server, so that no client of the old server needs a change; clients that have the replaced key do.',
  none: 'There is no id_ed25519 beside the database: clients will need the key of this server.',
};

function list(lines: readonly string[]): void {
  for (const line of lines.slice(0, MOST_LISTED)) say(`  ${line}`);
  if (lines.length > MOST_LISTED) say(`  and ${lines.length - MOST_LISTED} more`);
}

async function perform(
  given: Arguments,
  upstream: UpstreamServer,
  plan: ImportPlan,
  settings: AllSettings,
  redis: Redis,
): Promise<number> {
  const replace = given.has('replace');
  const time = new Date().toISOString().replace(/[-:.]/g, '');
  const usual = join(settings.api.dataDir, `undo-import-${time}.json`);
  const undoPath = given.text('undo-file') ?? usual;
  const here = await applyImport(upstream, plan, settings, redis, { replace, undoPath });
  const all = upstream.identities.length;
  say(`${here} of ${all} devices are here now, ids and keys byte for byte.`);
  say(`To take it back: waystation import rustdesk-server --undo ${undoPath}`);
  if (['put', 'replace'].includes(plan.key) && (await registryRuns(redis))) {
    say('Restart all services now: they use the key that was there when they started.');
  }
  return here === all ? 0 : 1;
}

async function takeBack(path: string, settings: AllSettings, redis: Redis): Promise<number> {
  const { removed, returned, key } = await undoImport(await readUndo(path), settings, redis);
  say(`Removed ${removed} devices, brought ${returned} back that had been replaced.`);
  if (key) say('The server key is the one from before; restart all services.');
  return 0;
}

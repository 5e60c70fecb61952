import { constants, existsSync } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { checkAccounts } from '../accounts.js';
import { reasonOf } from '@waystation/ops';
import type { AllSettings } from '../settings.js';
import { about, type Finding } from './finding.js';

const { ok, warn, fail } = about('accounts');
const disk = about('disk');

const LITTLE_BYTES = 1024 ** 3;

/** Looks at the folder of the accounts and asks their database. */
export async function checkStorage({ api }: AllSettings): Promise<Finding[]> {
  const { dataDir, databaseUrl } = api;
  if (!existsSync(dataDir)) {
    return [warn(`There is no folder ${dataDir} yet; the first start makes it.`)];
  }
  try {
    await access(dataDir, constants.R_OK | constants.W_OK);
  } catch {
    return [
      fail(
        `${dataDir} cannot be written: give it to the user of the api, or set WAYSTATION_DATA_DIR.`,
      ),
    ];
  }
  const findings = [await space(dataDir)];
  if (databaseUrl === '' && !existsSync(join(dataDir, 'waystation.sqlite'))) {
    return [
      ...findings,
      warn(`There are no accounts in ${dataDir} yet; the first start makes them.`),
    ];
  }
  return [...findings, await database()];
}

async function space(folder: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const text = `${(free / LITTLE_BYTES).toFixed(1)} GiB are free in ${folder}`;
  return free >= LITTLE_BYTES ? disk.ok(`${text}.`) : disk.warn(`${text}: make room.`);
}

async function database(): Promise<Finding> {
  try {
    const { users, pending } = await checkAccounts();
    if (pending === 0) return ok(`The database answers; it has ${users} users.`);
    return warn(
      `The database is of an earlier release; the next start of the api brings it up to date.`,
    );
  } catch (error) {
    return fail(`The database does not answer: ${reasonOf(error)}`);
  }
}

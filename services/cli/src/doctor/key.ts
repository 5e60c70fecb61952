import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseSecretKey } from '@waystation/wire';
import { reasonOf } from '@waystation/ops';
import { clientKey, PUBLIC_FILE, SECRET_FILE, textOf } from '../server-key-file.js';
import type { AllSettings } from '../settings.js';
import { about, type Finding } from './finding.js';
import type { Fleet } from './redis.js';

const { ok, warn, fail } = about('key');

/** Looks at the key that clients must have. */
export async function checkKey(
  settings: AllSettings,
  fleet: Fleet | undefined,
): Promise<Finding[]> {
  const { key: setting, keyDir } = settings.registry;
  let key: string | undefined;
  try {
    key = await clientKey(settings);
  } catch (error) {
    return [fail(reasonOf(error))];
  }
  const published = fleet?.serverKey?.publicKey.toString('base64') ?? '';
  if (key === undefined) return [missing(keyDir, published)];
  if (!['', '-', '_'].includes(setting) && parseSecretKey(setting) === undefined) {
    return [warn('KEY is a word and no key, so no session is encrypted: set KEY=-.')];
  }
  const findings = [ok(`Clients need ${key}.`)];
  if (setting === '')
    findings.push(warn('KEY is empty, so nobody is asked for the key: set KEY=-.'));
  if (published !== '' && published !== key && fleet?.running.has('registry')) {
    findings.push(fail(`The registry runs with another key (${published}): restart all services.`));
  }
  return setting.length > 1 ? findings : [...findings, ...(await checkFiles(keyDir, key))];
}

function missing(keyDir: string, published: string): Finding {
  const path = join(keyDir, SECRET_FILE);
  if (published === '') return warn(`There is no ${path} yet; the first start makes it.`);
  return fail(
    `${path} is gone, and clients have the key ${published}: restore it from a backup, or every client needs a new key.`,
  );
}

async function checkFiles(keyDir: string, key: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  const path = join(keyDir, SECRET_FILE);
  const facts = await stat(path).catch(() => undefined);
  if (facts === undefined) return [];
  if ((facts.mode & 0o077) !== 0) {
    findings.push(warn(`Others on this machine can read ${path}: chmod 600 ${path}.`));
  }
  const told = await textOf(join(keyDir, PUBLIC_FILE));
  if (told !== undefined && told.trim() !== key) {
    findings.push(
      warn(
        `${PUBLIC_FILE} does not belong to ${SECRET_FILE}: remove it, the next start writes it.`,
      ),
    );
  }
  return findings;
}

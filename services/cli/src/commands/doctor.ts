import { ConfigError } from '@waystation/config';
import type { Command } from '../command.js';
import { checkAddress } from '../doctor/address.js';
import { about, type Finding } from '../doctor/finding.js';
import { checkKernel } from '../doctor/kernel.js';
import { checkKey } from '../doctor/key.js';
import { checkPorts } from '../doctor/ports.js';
import { checkRedis } from '../doctor/redis.js';
import { checkStorage } from '../doctor/storage.js';
import { say } from '../output.js';
import { readAllSettings, type AllSettings } from '../settings.js';

const settingsFound = about('settings');
const WIDTHS = { level: 6, subject: 10 } as const;

export const doctorCommand: Command = {
  name: 'doctor',
  usage: '',
  meaning: 'look for what is wrong with this server, and say how to mend it',
  flags: {},
  mostWords: 0,
  run: async () => {
    const findings = await examine();
    for (const { level, subject, text } of findings) {
      say(`${level.padEnd(WIDTHS.level)}${subject.padEnd(WIDTHS.subject)}${text}`);
    }
    return findings.some(({ level }) => level === 'fail') ? 1 : 0;
  },
};

async function examine(): Promise<Finding[]> {
  let settings: AllSettings;
  try {
    settings = readAllSettings();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // with wrong settings the rest would be looked for in the wrong place
    return error.faults.map(settingsFound.fail);
  }
  const { findings: redis, fleet } = await checkRedis(settings.registry.redisUrl);
  return [
    settingsFound.ok('All of them can be used.'),
    ...redis,
    ...(await checkKey(settings, fleet)),
    await checkAddress(settings.rendezvous.host),
    ...(fleet === undefined ? [] : await checkPorts(settings, fleet.running)),
    ...(await checkStorage(settings)),
    ...(await checkKernel(settings.rendezvous.receiveBufferBytes)),
  ];
}

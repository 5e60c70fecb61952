import type { Command } from '../command.js';
import { Failure } from '../failure.js';
import { say } from '../output.js';
import { clientKey } from '../server-key-file.js';
import { readAllSettings } from '../settings.js';

export const keyCommands: readonly Command[] = [
  {
    name: 'key show',
    usage: '',
    meaning: 'print the public key that clients need',
    flags: {},
    mostWords: 0,
    run: async () => {
      const settings = readAllSettings();
      const key = await clientKey(settings);
      if (key === undefined) {
        throw new Failure(
          `There is no key in ${settings.registry.keyDir} yet; start the server once.`,
        );
      }
      say(key);
      return 0;
    },
  },
];

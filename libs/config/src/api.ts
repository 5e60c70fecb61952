import { option } from './option.js';
import { settings } from './settings.js';
import { sharedOptions } from './shared.js';

/** Settings of the api. */
export const apiSettings = settings({
  service: 'api',
  meaning: 'What clients and operators call over HTTP',
  options: {
    ...sharedOptions,
    port: option.integer({
      name: 'API_PORT',
      flags: ['-p', '--port'],
      meaning: 'HTTP port; clients expect it two below the main port',
      default: 21114,
      min: 1,
      max: 65535,
    }),
  },
});

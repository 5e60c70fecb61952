import { apiSettings } from './api.js';
import { composeSettings } from './compose.js';
import { namesOf } from './names.js';
import { proberSettings } from './prober.js';
import { registrySettings } from './registry.js';
import { relaySettings } from './relay.js';
import { rendezvousSettings } from './rendezvous.js';
import type { Settings } from './settings.js';

/** A service's settings with its check forgotten, so that services of different types fit one list. */
export type AnySettings = Omit<Settings, 'check'>;

/** The settings of every service, in the order of the documentation. */
export const serviceSettings: readonly AnySettings[] = [
  registrySettings,
  rendezvousSettings,
  relaySettings,
  apiSettings,
  proberSettings,
];

/** Everything that `.env` may hold: the services' settings and what Compose alone reads. */
export const allSettings: readonly AnySettings[] = [...serviceSettings, composeSettings];

/** Every canonical name that means something to some service, `NAME_FILE` of secrets included. */
export function allOptionNames(): Set<string> {
  const names = new Set<string>();
  for (const { options } of allSettings) {
    for (const option of Object.values(options)) {
      for (const name of namesOf(option)) {
        names.add(name);
        if (option.secret) names.add(`${name}_FILE`);
      }
    }
  }
  return names;
}

import 'reflect-metadata';
import { readConfig, relaySettings } from '@waystation/config';
import { runService } from '@waystation/ops';
import { lightBeacon } from '@waystation/state';
import { RelayModule } from './relay.module.js';

/** After the drain, for what is left to flush. */
const LAST_WORDS_MS = 5_000;

await runService(RelayModule, {
  name: 'relay',
  config: () => readConfig(relaySettings),
  beacon: lightBeacon,
  stopTimeoutMs: (config) => config.drainMs + LAST_WORDS_MS,
});

import 'reflect-metadata';
import { proberSettings, readConfig } from '@waystation/config';
import { runService } from '@waystation/ops';
import { lightBeacon } from '@waystation/state';
import { ProberModule } from './prober.module.js';

await runService(ProberModule, {
  name: 'prober',
  config: () => readConfig(proberSettings),
  beacon: lightBeacon,
});

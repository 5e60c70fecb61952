import 'reflect-metadata';
import { readConfig, registrySettings } from '@waystation/config';
import { runService } from '@waystation/ops';
import { lightBeacon } from '@waystation/state';
import { RegistryModule } from './registry.module.js';

await runService(RegistryModule, {
  name: 'registry',
  config: () => readConfig(registrySettings),
  beacon: lightBeacon,
});

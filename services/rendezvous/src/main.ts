import 'reflect-metadata';
import { readConfig, rendezvousSettings } from '@waystation/config';
import { runService } from '@waystation/ops';
import { lightBeacon } from '@waystation/state';
import { RendezvousModule } from './rendezvous.module.js';

await runService(RendezvousModule, {
  name: 'rendezvous',
  config: () => readConfig(rendezvousSettings),
  beacon: lightBeacon,
});

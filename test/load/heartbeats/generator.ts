import { openLibc } from '@waystation/datagrams';
import { DeviceSwarm, type SwarmOptions } from './device-swarm.js';
import { flood, type FloodOptions, type FloodResult } from './flood.js';
import { registerAll, type RegistrationOptions, type RegistrationResult } from './registration.js';

/** What the generator process is told on its command line, as JSON. */
export interface GeneratorOrder {
  readonly swarm: SwarmOptions;
  readonly register?: RegistrationOptions;
  /** Floods one after the other. */
  readonly floods?: readonly FloodOptions[];
}

/** What it prints, as JSON, one line per step. */
export type GeneratorLine =
  | { readonly registered: RegistrationResult }
  | { readonly begins: FloodOptions }
  | { readonly flooded: FloodResult; readonly cpuSeconds: number };

function run(order: GeneratorOrder): void {
  const libc = openLibc();
  const swarm = new DeviceSwarm(libc, order.swarm);
  if (order.register) say({ registered: registerAll(libc, swarm, order.register) });
  for (const options of order.floods ?? []) {
    say({ begins: options });
    const before = process.cpuUsage();
    const flooded = flood(libc, swarm, options);
    const { user, system } = process.cpuUsage(before);
    say({ flooded, cpuSeconds: (user + system) / 1e6 });
  }
  swarm.close();
}

function say(line: GeneratorLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

run(JSON.parse(process.argv[2] ?? '{}') as GeneratorOrder);

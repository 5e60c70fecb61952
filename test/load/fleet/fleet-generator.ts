import { openLibc } from '@waystation/datagrams';
import { FleetDevices, type FleetCounts, type FleetOptions } from './fleet-devices.js';

/** What the fleet's process hears from its parent. */
export type FleetOrder = 'mark' | 'read' | 'stop';

const STEP_MS = 1;

const options = JSON.parse(process.argv[2] ?? '{}') as FleetOptions;
const fleet = new FleetDevices(openLibc(), options);
const timer = setInterval(() => fleet.step(), STEP_MS);

process.on('message', (order: FleetOrder) => {
  if (order === 'mark') fleet.mark();
  if (order === 'read') report(fleet.read());
  if (order === 'stop') process.disconnect?.();
});

// Also when the parent has died: no fleet outlives its run.
process.once('disconnect', () => {
  clearInterval(timer);
  fleet.close();
});

function report(counts: FleetCounts): void {
  if (process.send === undefined) throw new Error('start this through fleet.js');
  process.send(counts);
}

import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { until, type Stack } from '@waystation/testkit';
import { inOwnNetwork } from '../heartbeats/own-network.js';
import { cpuSeconds, residentBytes, udpDrops } from '../heartbeats/process-figures.js';
import { describeMachine, short, table } from '../heartbeats/report.js';
import { startWaystation } from '../heartbeats/subjects.js';
import type { FleetCounts } from './fleet-devices.js';
import { FleetProcess } from './fleet-process.js';
import { commandCounts, difference } from './redis-commands.js';

const USAGE = `usage: fleet [--devices N (100000)] [--heartbeat SECONDS (12)] [--ramp SECONDS (90)]
  [--steady SECONDS (30)] [--plain] [--node-options=TEXT] [--json FILE]

A fleet on loopback: it enrols, rests, and sees its rendezvous crash and come back.`;

const SOCKETS = 16;
const ONLINE_TIMEOUT_MS = 180_000;
const LOOK_MS = 250;

const { values } = parseArgs({
  options: {
    devices: { type: 'string', default: '100000' },
    heartbeat: { type: 'string', default: '12' },
    ramp: { type: 'string', default: '90' },
    steady: { type: 'string', default: '30' },
    plain: { type: 'boolean', default: false },
    'node-options': { type: 'string' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const devices = Math.min(1_000_000, Number(values.devices));
const heartbeatMs = Number(values.heartbeat) * 1000;

/** What one phase cost. */
interface Phase {
  readonly phase: string;
  readonly seconds: number;
  /** Share of one core that the rendezvous used. */
  readonly coreShare: number;
  readonly residentMiB: number;
  readonly answeredShare: number;
  readonly registryClaimsPerSecond: number;
  readonly redisPerSecond: number;
  readonly redisCommands: Record<string, number>;
  readonly kernelDrops: number;
  readonly fleet: FleetCounts;
}

async function main(): Promise<void> {
  const nodeOptions = values['node-options'];
  const subject = await startWaystation('waystation', {
    batches: !values.plain,
    ...(nodeOptions === undefined ? {} : { nodeOptions }),
  });
  const { stack } = subject;
  const [port = 0] = subject.ports;
  if (stack === undefined) throw new Error('no stack of ours');
  const bareMiB = residentBytes(subject.pids[0] ?? 0) / 2 ** 20;
  const fleet = new FleetProcess({
    swarm: { server: { ip: '127.0.0.1', port }, sockets: SOCKETS },
    devices,
    heartbeatMs,
    rampMs: Number(values.ramp) * 1000,
  });
  try {
    const phases = [
      await measure('enrolment', stack, fleet, () => allOnline(fleet)),
      await measure('rest', stack, fleet, () => sleep(Number(values.steady) * 1000)),
    ];
    phases.push(await crash(stack, fleet));
    phases.push(await measure('rest after it', stack, fleet, () => sleep(heartbeatMs * 2)));
    report(phases, bareMiB);
  } finally {
    await fleet.stop();
    await subject.stop();
  }
}

/** Kills the rendezvous, starts another one on its port and waits until every device is known to it. */
async function crash(stack: Stack, fleet: FleetProcess): Promise<Phase> {
  const [replica] = stack.rendezvous;
  if (replica === undefined) throw new Error('no rendezvous');
  await stack.kill(replica);
  stack.replicas.splice(stack.replicas.indexOf(replica), 1);
  return measure('crash and return', stack, fleet, async () => {
    await stack.add('rendezvous', replica.port);
    await allOnline(fleet);
  });
}

async function allOnline(fleet: FleetProcess): Promise<void> {
  await until(async () => (await fleet.read()).online === devices, {
    timeoutMs: ONLINE_TIMEOUT_MS,
    everyMs: LOOK_MS,
    what: 'every device to be online',
  });
}

async function measure(
  phase: string,
  stack: Stack,
  fleet: FleetProcess,
  action: () => Promise<unknown>,
): Promise<Phase> {
  const own = (): number => stack.rendezvous[0]?.pid ?? 0;
  const startPid = own();
  const cpuBefore = startPid === 0 ? 0 : cpuSeconds(startPid);
  const redisBefore = await commandCounts(stack.redis.port);
  const claims = (): Promise<number> => stack.registry.metric('registry_decisions_total');
  const claimsBefore = await claims();
  const dropsBefore = udpDrops(stack.rendezvous[0]?.port ?? 0);
  fleet.mark();
  const start = performance.now();
  await action();
  const seconds = (performance.now() - start) / 1000;
  const counts = await fleet.read();
  const redisCommands = difference(redisBefore, await commandCounts(stack.redis.port));
  const total = Object.values(redisCommands).reduce((sum, calls) => sum + calls, 0);
  const pid = own();
  const result: Phase = {
    phase,
    seconds,
    coreShare: (cpuSeconds(pid) - (pid === startPid ? cpuBefore : 0)) / seconds,
    residentMiB: residentBytes(pid) / 2 ** 20,
    answeredShare: counts.known / counts.heartbeats,
    registryClaimsPerSecond: ((await claims()) - claimsBefore) / seconds,
    redisPerSecond: total / seconds,
    redisCommands,
    kernelDrops: udpDrops(stack.rendezvous[0]?.port ?? 0) - (pid === startPid ? dropsBefore : 0),
    fleet: counts,
  };
  process.stderr.write(`${JSON.stringify(result)}\n`);
  return result;
}

function report(phases: readonly Phase[], bareMiB: number): void {
  const machine = describeMachine();
  const rows = phases.map((each) => [
    each.phase,
    short(each.seconds),
    `${(each.coreShare * 100).toFixed(1)} %`,
    short(each.residentMiB),
    `${(each.answeredShare * 100).toFixed(3)} %`,
    each.fleet.repeats,
    short(each.registryClaimsPerSecond),
    short(each.redisPerSecond),
    short(each.fleet.p50Ms),
    short(each.fleet.p99Ms),
  ]);
  const columns = [
    'phase',
    'seconds',
    'one core',
    'RSS MiB',
    'answered',
    'repeated',
    'claims/s',
    'Redis commands/s',
    'p50 ms',
    'p99 ms',
  ];
  const about = { ...machine, devices, heartbeatMs, bareMiB: Math.round(bareMiB) };
  process.stdout.write(`${JSON.stringify(about)}\n\n${table(columns, rows)}\n`);
  if (values.json !== undefined) {
    writeFileSync(values.json, JSON.stringify({ about, phases }, null, 2));
  }
}

if (values.help) process.stdout.write(`${USAGE}\n`);
else await inOwnNetwork(main);

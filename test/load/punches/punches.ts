import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { inOwnNetwork } from '../heartbeats/own-network.js';
import { describeMachine } from '../heartbeats/report.js';
import { startHbbs, startWaystation } from '../heartbeats/subjects.js';
import { GcLog } from './gc-log.js';
import { PunchRange } from './punch-range.js';
import {
  FIRST_ATTEMPTS,
  pausesTable,
  roundsTable,
  warmUpTable,
  type WarmUp,
} from './punch-report.js';
import { bothQuantiles, playRound, type Round } from './punch-round.js';
import { watchOwnGarbage } from './slow-attempts.js';

const USAGE = `usage: punches [--hbbs PATH] [--rounds N (5)] [--paced N (1000, attempts per round at --pace)]
  [--pace PER-SECOND (100)] [--rush N (1500, attempts per round as fast as they go)] [--devices N (400)]
  [--fresh N (500, paced attempts at the fresh server)] [--warm N (3000, rushed ones after them)]
  [--node-options=TEXT (--max-semi-space-size=8, as it is shipped)] [--json FILE]

PunchHoleRequest to PunchHole, and PunchHoleSent to PunchHoleResponse, on loopback. With two replicas
the caller is at one and the device at the other. On a machine that others use, run it under chrt -r 5.`;

const { values } = parseArgs({
  options: {
    hbbs: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    paced: { type: 'string', default: '1000' },
    pace: { type: 'string', default: '100' },
    rush: { type: 'string', default: '1500' },
    devices: { type: 'string', default: '400' },
    fresh: { type: 'string', default: '500' },
    warm: { type: 'string', default: '3000' },
    'node-options': { type: 'string', default: '--max-semi-space-size=8' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const pace = Number(values.pace);

async function main(): Promise<void> {
  const ranges: PunchRange[] = [];
  const ownPauses = watchOwnGarbage();
  try {
    ranges.push(await ours('waystation, 1 replica', 1));
    ranges.push(await ours('waystation, 2 replicas', 2));
    if (values.hbbs !== undefined) {
      ranges.push(await PunchRange.prepare(await startHbbs(values.hbbs), undefined, devices()));
    }
    const warmUps: WarmUp[] = [];
    for (const range of ranges) warmUps.push(await warmUp(range));
    const rounds: Round[] = [];
    for (let round = 0; round < bounded(values.rounds, 20); round++) {
      for (const range of ranges) rounds.push(await nextRound(range, ownPauses));
    }
    report(warmUps, rounds);
  } finally {
    for (const range of ranges) range.stop();
    await Promise.all(ranges.map(({ subject }) => subject.stop()));
  }
}

async function ours(name: string, replicas: number): Promise<PunchRange> {
  const garbage = new GcLog();
  const nodeOptions = `${garbage.nodeOption} ${values['node-options']}`;
  const subject = await startWaystation(name, { replicas, nodeOptions });
  return PunchRange.prepare(subject, garbage, devices());
}

/** Nothing of this counts in the rounds. */
async function warmUp(range: PunchRange): Promise<WarmUp> {
  const results = await range.paced(bounded(values.fresh, 20_000), pace);
  const times = results.filter((one) => one !== undefined);
  await range.rush(bounded(values.warm, 50_000));
  const row = {
    subject: range.subject.name,
    first: bothQuantiles(times.slice(0, FIRST_ATTEMPTS)),
    then: bothQuantiles(times.slice(FIRST_ATTEMPTS)),
  };
  process.stderr.write(`${JSON.stringify(row)}\n`);
  return row;
}

async function nextRound(
  range: PunchRange,
  ownPauses: Parameters<typeof playRound>[2],
): Promise<Round> {
  const paced = bounded(values.paced, 20_000);
  const round = await playRound(
    range,
    { paced, pace, rush: bounded(values.rush, 20_000) },
    ownPauses,
  );
  process.stderr.write(`${JSON.stringify(round)}\n`);
  return round;
}

function report(warmUps: readonly WarmUp[], rounds: readonly Round[]): void {
  const machine = describeMachine({ hbbs: values.hbbs });
  const tables = [warmUpTable(warmUps), roundsTable(rounds), pausesTable(rounds)];
  process.stdout.write(`${[JSON.stringify(machine), ...tables].join('\n\n')}\n`);
  if (values.json !== undefined) {
    const all = { machine, options: values, warmUps, rounds };
    writeFileSync(values.json, JSON.stringify(all, null, 2));
  }
}

function devices(): number {
  return bounded(values.devices, 2000);
}

function bounded(text: string, most: number): number {
  return Math.min(most, Number(text));
}

if (values.help) process.stdout.write(`${USAGE}\n`);
else await inOwnNetwork(main);

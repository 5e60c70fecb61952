import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { loopbackAddress } from '@waystation/testkit';
import { inOwnNetwork } from '../heartbeats/own-network.js';
import { cpuSeconds } from '../heartbeats/process-figures.js';
import { describeMachine, median, quantile, short, table } from '../heartbeats/report.js';
import { startHbbs, startWaystation, type Subject } from '../heartbeats/subjects.js';
import { attempt, type PunchTimes } from './punch-attempt.js';
import { PunchDevice } from './punch-device.js';

const USAGE = `usage: punches [--hbbs PATH] [--rounds N (5)] [--paced N (1000, attempts per round at --pace)]
  [--pace PER-SECOND (100)] [--rush N (1500, attempts per round as fast as they go)] [--devices N (400)] [--json FILE]

PunchHoleRequest to PunchHole, and PunchHoleSent to PunchHoleResponse, on loopback. With two replicas
the caller is at one and the device at the other.`;

const RUSH_CALLERS = 32;
/** Callers' addresses begin behind those of the devices. */
const CALLER_ADDRESSES = 20_000;

const { values } = parseArgs({
  options: {
    hbbs: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    paced: { type: 'string', default: '1000' },
    pace: { type: 'string', default: '100' },
    rush: { type: 'string', default: '1500' },
    devices: { type: 'string', default: '400' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

/** One subject in one round. */
interface Row {
  readonly subject: string;
  readonly failed: number;
  /** Milliseconds p50, p99, p999 of the server's time: push, answer, both together. */
  readonly push: Quantiles;
  readonly answer: Quantiles;
  readonly both: Quantiles;
  readonly perSecond: number;
  /** CPU of all replicas per attempt, in the rush. */
  readonly cpuMicroseconds: number;
}

type Quantiles = readonly [p50: number, p99: number, p999: number];

/** A subject with its devices registered. */
class Range {
  private turn = 0;

  constructor(
    readonly subject: Subject,
    private readonly devices: readonly PunchDevice[],
  ) {}

  static async prepare(subject: Subject, count: number): Promise<Range> {
    const port = subject.ports.at(-1) ?? 0;
    const devices = Array.from(
      { length: count },
      (_, n) => new PunchDevice(n, port, loopbackAddress(n)),
    );
    // A few at a time, as a server sees them.
    for (let n = 0; n < count; n += 20) {
      await Promise.all(devices.slice(n, n + 20).map((device) => device.start()));
    }
    return new Range(subject, devices);
  }

  /** The next device in turn is asked for from the next address in turn. */
  attempt(): Promise<PunchTimes | undefined> {
    const turn = this.turn++;
    const device = this.devices[turn % this.devices.length];
    if (device === undefined) throw new Error('no device');
    const ip = loopbackAddress(CALLER_ADDRESSES + (turn % CALLER_ADDRESSES));
    return attempt({ port: this.subject.ports[0] ?? 0, ip, key: this.subject.key }, device);
  }

  stop(): void {
    for (const device of this.devices) device.stop();
  }
}

async function main(): Promise<void> {
  const subjects: Subject[] = [];
  const ranges: Range[] = [];
  try {
    subjects.push(await startWaystation('waystation, 1 replica'));
    subjects.push(await startWaystation('waystation, 2 replicas', { replicas: 2 }));
    if (values.hbbs !== undefined) subjects.push(await startHbbs(values.hbbs));
    for (const subject of subjects) {
      ranges.push(await Range.prepare(subject, Math.min(2000, Number(values.devices))));
    }
    const rows: Row[] = [];
    for (let round = 0; round < Math.min(20, Number(values.rounds)); round++) {
      for (const range of ranges) rows.push(await measure(range));
    }
    report(rows, subjects);
  } finally {
    for (const range of ranges) range.stop();
    await Promise.all(subjects.map((subject) => subject.stop()));
  }
}

async function measure(range: Range): Promise<Row> {
  const { name, pids } = range.subject;
  const results = await paced(range, Math.min(20_000, Number(values.paced)));
  const times = results.filter((one) => one !== undefined);
  const cpu = (): number => pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
  const cpuBefore = cpu();
  const start = performance.now();
  const attempts = Math.min(20_000, Number(values.rush));
  const arrived = await rush(range, attempts);
  const seconds = (performance.now() - start) / 1000;
  const row = {
    subject: name,
    failed: results.length - times.length + attempts - arrived,
    push: quantiles(times.map(({ pushMs }) => pushMs)),
    answer: quantiles(times.map(({ answerMs }) => answerMs)),
    both: quantiles(times.map(({ pushMs, answerMs }) => pushMs + answerMs)),
    perSecond: arrived / seconds,
    cpuMicroseconds: ((cpu() - cpuBefore) / attempts) * 1e6,
  };
  process.stderr.write(`${JSON.stringify(row)}\n`);
  return row;
}

/** Attempts at an even pace, whether earlier ones are answered or not. */
async function paced(range: Range, count: number): Promise<(PunchTimes | undefined)[]> {
  const start = performance.now();
  const running: Promise<PunchTimes | undefined>[] = [];
  for (let n = 0; n < count; n++) {
    const dueMs = start + (n * 1000) / Number(values.pace);
    if (dueMs > performance.now()) await sleep(dueMs - performance.now());
    running.push(range.attempt());
  }
  return Promise.all(running);
}

/** Attempts as fast as a number of callers gets them answered; how many were. */
async function rush(range: Range, count: number): Promise<number> {
  let left = count;
  let arrived = 0;
  const caller = async (): Promise<void> => {
    while (left-- > 0) {
      if ((await range.attempt()) !== undefined) arrived += 1;
    }
  };
  await Promise.all(Array.from({ length: RUSH_CALLERS }, caller));
  return arrived;
}

function quantiles(ms: readonly number[]): Quantiles {
  return [quantile(ms, 0.5), quantile(ms, 0.99), quantile(ms, 0.999)];
}

function report(rows: readonly Row[], subjects: readonly Subject[]): void {
  const machine = describeMachine({ hbbs: values.hbbs });
  const lines = subjects.map(({ name }) => {
    const own = rows.filter(({ subject }) => subject === name);
    const middle = (of: (row: Row) => number): string => short(median(own.map(of)));
    const three = (of: (row: Row) => Quantiles): string =>
      [0, 1, 2].map((n) => middle((row) => of(row)[n] ?? NaN)).join(' / ');
    return [
      name,
      three(({ push }) => push),
      three(({ answer }) => answer),
      three(({ both }) => both),
      middle(({ perSecond }) => perSecond),
      middle(({ cpuMicroseconds }) => cpuMicroseconds),
      own.reduce((sum, { failed }) => sum + failed, 0),
    ];
  });
  const columns = [
    'server',
    'request → push, p50 / p99 / p999 ms',
    'answer → response',
    'both',
    'per second',
    'CPU µs per attempt',
    'failed',
  ];
  process.stdout.write(`${JSON.stringify(machine)}\n\n${table(columns, lines)}\n`);
  if (values.json !== undefined) {
    writeFileSync(values.json, JSON.stringify({ machine, options: values, rows }, null, 2));
  }
}

if (values.help) process.stdout.write(`${USAGE}\n`);
else await inOwnNetwork(main);

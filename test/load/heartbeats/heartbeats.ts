import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { FloodResult } from './flood.js';
import { generate } from './generate.js';
import { inOwnNetwork } from './own-network.js';
import { cpuSeconds, residentBytes, udpDrops } from './process-figures.js';
import { describeMachine, median, short, table } from './report.js';
import { startHbbs, startNative, startWaystation, type Subject } from './subjects.js';

const USAGE = `usage: heartbeats [--hbbs PATH] [--native PATH] [--rates N,N… (20000,40000,80000)] [--rounds N (5)]
  [--seconds N (3)] [--devices N (10000)] [--burst N (8, heartbeats that leave together)] [--no-plain] [--json FILE]

CPU of the server per heartbeat, in interleaved rounds, everything on loopback.`;

const SOCKETS = 4;
const REGISTER_TIMEOUT_MS = 120_000;

interface Options {
  readonly hbbs: string | undefined;
  readonly native: string | undefined;
  readonly plain: boolean;
  readonly rates: readonly number[];
  readonly rounds: number;
  readonly seconds: number;
  readonly devices: number;
  readonly burst: number;
  readonly json: string | undefined;
}

/** One subject at one rate in one round. */
interface Row {
  readonly subject: string;
  readonly rate: number;
  readonly round: number;
  readonly cpuMicroseconds: number;
  readonly generatorMicroseconds: number;
  readonly answeredShare: number;
  readonly dropped: number;
  readonly residentMiB: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly realRate: number;
}

function parse(): Options {
  const { values } = parseArgs({
    allowNegative: true,
    options: {
      hbbs: { type: 'string' },
      native: { type: 'string' },
      plain: { type: 'boolean', default: true },
      rates: { type: 'string', default: '20000,40000,80000' },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
      devices: { type: 'string', default: '10000' },
      burst: { type: 'string', default: '8' },
      json: { type: 'string' },
    },
  });
  return {
    hbbs: values.hbbs,
    native: values.native,
    plain: values.plain,
    json: values.json,
    rates: values.rates.split(',').map((rate) => Math.min(400_000, Number(rate))),
    rounds: Math.min(20, Number(values.rounds)),
    seconds: Math.min(20, Number(values.seconds)),
    devices: Math.min(200_000, Number(values.devices)),
    burst: Math.min(64, Number(values.burst)),
  };
}

async function main(): Promise<void> {
  const options = parse();
  const subjects: Subject[] = [];
  try {
    await startSubjects(options, subjects);
    for (const subject of subjects) await register(subject, options.devices);
    const rows: Row[] = [];
    for (let round = 0; round < options.rounds; round++) {
      for (const rate of options.rates) {
        for (const subject of subjects) rows.push(await measure(subject, rate, round, options));
      }
    }
    report(rows, options);
  } finally {
    await Promise.all(subjects.map((subject) => subject.stop()));
  }
}

async function startSubjects(options: Options, subjects: Subject[]): Promise<void> {
  subjects.push(await startWaystation('waystation'));
  if (options.plain) subjects.push(await startWaystation('waystation, dgram', { batches: false }));
  if (options.hbbs !== undefined) subjects.push(await startHbbs(options.hbbs));
  if (options.native !== undefined) subjects.push(await startNative(options.native));
}

async function register(subject: Subject, devices: number): Promise<void> {
  if (subject.name === 'native') return;
  const wish = { devices, inFlight: 100, timeoutMs: REGISTER_TIMEOUT_MS };
  await generate({ swarm: swarmOf(subject), register: wish }, (line) => {
    if (!('registered' in line)) return;
    const { accepted, seconds } = line.registered;
    const perSecond = short(accepted / seconds);
    process.stderr.write(`${subject.name}: ${accepted} registered, ${perSecond} per second\n`);
    if (accepted < devices) throw new Error(`${subject.name} accepted only ${accepted}`);
  });
}

async function measure(
  subject: Subject,
  rate: number,
  round: number,
  { devices, seconds, burst }: Options,
): Promise<Row> {
  const [pid = 0] = subject.pids;
  const [port = 0] = subject.ports;
  const swarm = swarmOf(subject);
  // The new generator has new ports: one unmeasured pass moves every device there.
  const moving = { devices, rate: 20_000, seconds: devices / 20_000, burst };
  const measured = { devices, rate, seconds, burst };
  let before = { cpu: 0, drops: 0 };
  let result: { flooded: FloodResult; generator: number; cpu: number; drops: number } | undefined;
  await generate({ swarm, floods: [moving, measured] }, (line) => {
    if ('begins' in line) before = { cpu: cpuSeconds(pid), drops: udpDrops(port) };
    if (!('flooded' in line)) return;
    const cpu = cpuSeconds(pid) - before.cpu;
    const drops = udpDrops(port) - before.drops;
    result = { flooded: line.flooded, generator: line.cpuSeconds, cpu, drops };
  });
  if (result === undefined) throw new Error('the generator measured nothing');
  const { flooded } = result;
  const row = {
    subject: subject.name,
    rate,
    round,
    // Per datagram that reached the server: what the kernel dropped cost it nothing.
    cpuMicroseconds: (result.cpu / Math.max(1, flooded.sent - result.drops)) * 1e6,
    generatorMicroseconds: (result.generator / flooded.sent) * 1e6,
    answeredShare: flooded.known / flooded.sent,
    dropped: result.drops,
    residentMiB: residentBytes(pid) / 2 ** 20,
    p50Ms: flooded.p50Ms,
    p99Ms: flooded.p99Ms,
    realRate: flooded.sent / flooded.seconds,
  };
  process.stderr.write(`${JSON.stringify(row)}\n`);
  return row;
}

function swarmOf({ ports }: Subject): {
  server: { ip: string; port: number };
  sockets: number;
} {
  return { server: { ip: '127.0.0.1', port: ports[0] ?? 0 }, sockets: SOCKETS };
}

function report(rows: readonly Row[], options: Options): void {
  const machine = describeMachine({ hbbs: options.hbbs });
  const reference = options.hbbs === undefined ? 'waystation, dgram' : 'hbbs';
  const subjects = [...new Set(rows.map(({ subject }) => subject))];
  const lines = options.rates.flatMap((rate) =>
    subjects.map((subject) => summary(rows, subject, rate, reference)),
  );
  const columns = [
    'per second',
    'server',
    'CPU µs per heartbeat',
    `× ${reference}`,
    'answered',
    'dropped by the kernel',
    'p50 ms',
    'p99 ms',
    'RSS MiB',
    'generator µs',
  ];
  process.stdout.write(`${JSON.stringify(machine)}\n\n${table(columns, lines)}\n`);
  if (options.json !== undefined) {
    writeFileSync(options.json, JSON.stringify({ machine, options, rows }, null, 2));
  }
}

function summary(
  rows: readonly Row[],
  subject: string,
  rate: number,
  reference: string,
): (string | number)[] {
  const of = (name: string): Row[] =>
    rows.filter((row) => row.subject === name && row.rate === rate);
  const own = of(subject);
  const base = of(reference);
  const middle = (field: keyof Omit<Row, 'subject'>): number =>
    median(own.map((row) => row[field]));
  const ratios = own.map((row, n) => row.cpuMicroseconds / (base[n]?.cpuMicroseconds ?? NaN));
  return [
    rate,
    subject,
    short(middle('cpuMicroseconds')),
    short(median(ratios)),
    `${(middle('answeredShare') * 100).toFixed(2)} %`,
    middle('dropped'),
    short(middle('p50Ms')),
    short(middle('p99Ms')),
    short(middle('residentMiB')),
    short(middle('generatorMicroseconds')),
  ];
}

if (process.argv.includes('--help')) process.stdout.write(`${USAGE}\n`);
else await inOwnNetwork(main);

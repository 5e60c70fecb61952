import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Stack, freePort, startStack } from '@waystation/testkit';
import { Calls } from '../../fleet/calls.js';
import { Fleet } from '../../fleet/fleet.js';
import { inOwnNetwork } from '../heartbeats/own-network.js';
import { describeMachine, short, table } from '../heartbeats/report.js';
import { type Comparison, compare, sum } from './consistency.js';
import { HttpLoad } from './http-load.js';
import { MemorySamples } from './samples.js';

const USAGE = `usage: soak [--minutes N (60)] [--devices N (60)] [--workers N (1)] [--json FILE]

Two rendezvous, two relays and an api under mixed load: devices over UDP, TCP and WebSocket, callers that
connect directly and by relay one after the other, and the api's clients. Tells how memory grew, whether
the counters agree with what was done, and which warnings were logged.`;

const SAMPLE_MS = 15_000;
const HEARTBEAT_MS = 3_000;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    devices: { type: 'string', default: '60' },
    workers: { type: 'string', default: '1' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

async function main(): Promise<void> {
  const apiPort = await freePort();
  const stack = await startStack({
    ...{ rendezvous: 2, relay: 2, ports: 'shared' },
    serviceEnv: { api: { API_PORT: String(apiPort) } },
  });
  try {
    await soak(stack, apiPort);
  } finally {
    await stack.stop();
  }
}

async function soak(stack: Stack, apiPort: number): Promise<void> {
  const api = await stack.add('api', apiPort);
  const each = Math.ceil(Number(values.devices) / 3);
  const options = { udp: each, tcp: each, ws: each, heartbeatMs: HEARTBEAT_MS };
  const fleet = await Fleet.start(stack, options);
  const http = new HttpLoad(`http://127.0.0.1:${String(apiPort)}`, api, fleet.devices);
  await http.start();
  const calls = new Calls(stack, fleet, Number(values.workers));
  const memory = new MemorySamples(stack.replicas);
  for (const end = performance.now() + Number(values.minutes) * 60_000; performance.now() < end;) {
    await memory.take();
    await sleep(SAMPLE_MS);
  }
  await Promise.all([calls.stop(), http.stop()]);
  const comparisons = await consistency(stack, calls, http);
  fleet.stop();
  report(stack, memory, comparisons, { calls, http });
}

/** A call ends in one session, over a relay or not; failed tries are told apart in the report. */
async function consistency(stack: Stack, calls: Calls, http: HttpLoad): Promise<Comparison[]> {
  const { relays, rendezvous } = stack;
  const apis = stack.replicas.filter(({ service }) => service === 'api');
  const relayed = await sum(relays, 'relay_sessions_total');
  const tries = calls.done.reduce((total, { tries: of }) => total + of, 0);
  return [
    await compare('requests to the api', http.requests, () => sum(apis, 'api_requests_total')),
    await compare('records of relayed sessions', relayed, () =>
      sum(relays, 'relay_session_records_total'),
    ),
    await compare('of these in the database', relayed, () =>
      sum(apis, 'api_records_stored_total', 'stream="sessions"'),
    ),
    await compare('sessions left running', 0, () => sum(relays, 'relay_sessions')),
    await compare('callers left waiting', 0, () => sum(rendezvous, 'rendezvous_callers')),
    await compare('faults', 0, () => sum(stack.replicas, 'ops_unexpected_errors_total')),
    {
      what: 'punch requests, at least one a try',
      done: tries,
      counted: await sum(rendezvous, 'rendezvous_messages_total', 'message="punchHoleRequest"'),
    },
  ];
}

function report(
  stack: Stack,
  memory: MemorySamples,
  comparisons: readonly Comparison[],
  { calls, http }: { calls: Calls; http: HttpLoad },
): void {
  const rows = memory.rows();
  const failures = Object.fromEntries([...calls.failures, ...http.failures]);
  const result = {
    machine: describeMachine(),
    minutes: Number(values.minutes),
    calls: calls.done.length,
    requests: http.requests,
    failures,
    memory: rows.map(([process, first, last, kib]) => ({ process, first, last, kib })),
    comparisons,
    warnings: warnings(stack.logs()),
  };
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(result, null, 2));
  const memoryRows = rows.map(([name, ...numbers]) => [name, ...numbers.map(short)]);
  const compared = comparisons.map(({ what, done, counted }) => [what, done, counted]);
  const warned = Object.entries(result.warnings).map(([line, times]) => [line, times]);
  process.stdout.write(
    [
      `${values.minutes} minutes, ${String(result.calls)} calls, ${String(result.requests)} requests`,
      `failed tries: ${JSON.stringify(failures)}`,
      table(['process', 'MiB after the warm-up', 'MiB at the end', 'KiB a minute'], memoryRows),
      table(['what', 'done', 'counted'], compared),
      table(['logged as warning or error', 'times'], warned),
      '',
    ].join('\n\n'),
  );
}

/** Messages of warnings and errors, and how often each was logged. */
function warnings(logs: string): Record<string, number> {
  const times: Record<string, number> = {};
  for (const [, service = '', level = '', message = ''] of logs.matchAll(LINE)) {
    if (level !== 'warn' && level !== 'error') continue;
    const what = `${service}: ${message}`;
    times[what] = (times[what] ?? 0) + 1;
  }
  return times;
}

const LINE = /^(\w+) \d+: \{.*?"level":"(\w+)".*?"message":"([^"]*)"/gm;

if (values.help) process.stdout.write(`${USAGE}\n`);
else await inOwnNetwork(main);

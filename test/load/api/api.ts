import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { keys, openRedis, type Redis } from '@waystation/state';
import { freePort, startStack, until, type Stack } from '@waystation/testkit';
import { Operator } from '../../scenarios/operator.js';
import { inOwnNetwork } from '../heartbeats/own-network.js';
import { cpuSeconds, residentBytes } from '../heartbeats/process-figures.js';
import { describeMachine, median, short, table } from '../heartbeats/report.js';
import { allOf, atRate, HttpLoad } from './http-load.js';
import { attemptOf, deviceOf, sessionOf } from './subjects.js';

const USAGE = `usage: api [--devices N (50000)] [--records N (100000)] [--heartbeats PER_SECOND (200)]
  [--seconds N (60)] [--database-url postgres://… (SQLite)] [--json FILE]

A fleet that talks to the api over HTTP, and an operator who looks at every list meanwhile.`;

const CONNECTIONS = 32;
/** How often each list is looked at at least, and at most within the time. */
const LOOKS = { least: 15, most: 200 } as const;
const PIPELINE = 1000;

const { values } = parseArgs({
  options: {
    devices: { type: 'string', default: '50000' },
    records: { type: 'string', default: '100000' },
    heartbeats: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '60' },
    'database-url': { type: 'string', default: '' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const devices = Math.min(200_000, Number(values.devices));
const records = Math.min(100_000, Number(values.records));

/** What one step was measured to take. */
type Row = readonly [step: string, ...figures: (string | number)[]];

/** The lists that operators look at; `deep` is the last page. */
function pages(): Readonly<Record<string, string>> {
  const deep = Math.floor(devices / 100);
  const deepRecords = Math.floor(records / 100);
  return {
    'devices, first page': '/api/devices?pageSize=100',
    'devices, last page': `/api/devices?pageSize=100&current=${String(deep)}`,
    'devices, by part of a name': '/api/devices?pageSize=100&device_name=%25-77%25',
    'devices, longest unseen': '/api/devices?pageSize=100&sort=last_seen_at',
    'panel of a client': '/api/peers?accessible=&status=1&pageSize=100&current=1',
    'panel of a client, last page': `/api/peers?accessible=&pageSize=100&current=${String(deep)}`,
    'sessions, first page': '/api/v1/sessions?pageSize=100',
    'sessions, last page': `/api/v1/sessions?pageSize=100&current=${String(deepRecords)}`,
    'sessions of a device': `/api/v1/sessions?device=${deviceOf(7).id}`,
    'sessions by bytes': '/api/v1/sessions?sort=bytes&order=desc',
    'failed attempts': '/api/v1/attempts?outcome=offline',
    'attempts of a user, by pattern': '/api/v1/attempts?user=%25user-7%25',
  };
}

async function main(): Promise<void> {
  const port = await freePort();
  const api = { API_PORT: String(port), DATABASE_URL: values['database-url'] };
  const stack = await startStack({ rendezvous: 0, relay: 0, serviceEnv: { api } });
  const redis = openRedis(stack.redis.url, 'load');
  const http = new HttpLoad(port, CONNECTIONS);
  try {
    const { token } = await Operator.ofNewApi(stack, port);
    const steps = [await enrol(stack, redis, http), await bringRecords(stack, redis, http, token)];
    const { row, looks } = await beat(stack, http, token);
    report([...steps, row], looks);
  } finally {
    http.close();
    redis.disconnect();
    await stack.stop();
  }
}

/** The registry knows every device; each of them sends its sysinfo. */
async function enrol(stack: Stack, redis: Redis, http: HttpLoad): Promise<Row> {
  for (let start = 0; start < devices; start += PIPELINE) {
    const pipeline = redis.pipeline();
    for (let n = start; n < Math.min(devices, start + PIPELINE); n++) {
      const { id, uuid } = deviceOf(n);
      pipeline.hset(keys.identity(id), { guid: `guid-${String(n)}`, uuid, pk: '', created: 1 });
    }
    await pipeline.exec();
  }
  return measured(stack, `${String(devices)} devices send their sysinfo`, devices, () =>
    allOf(devices, CONNECTIONS, async (n) => {
      const { text } = await http.call('POST', '/api/sysinfo', JSON.stringify(deviceOf(n)));
      if (text !== 'SYSINFO_UPDATED') throw new Error(`sysinfo is answered ${text}`);
    }),
  );
}

/** Attempts and sessions as the other services leave them in Redis, until the last one is listed. */
async function bringRecords(
  stack: Stack,
  redis: Redis,
  http: HttpLoad,
  token: string,
): Promise<Row> {
  const add = async (stream: string, make: (n: number) => object): Promise<void> => {
    for (let start = 0; start < records; start += PIPELINE) {
      const pipeline = redis.pipeline();
      for (let n = start; n < Math.min(records, start + PIPELINE); n++) {
        pipeline.xadd(stream, '*', 'record', JSON.stringify(make(n)));
      }
      await pipeline.exec();
    }
  };
  return measured(stack, `${String(2 * records)} records`, 2 * records, async () => {
    await add(keys.attempts, (n) => attemptOf(n, devices));
    await add(keys.sessions, (n) => sessionOf(n, devices));
    const isDone = async (): Promise<boolean> => {
      const { text } = await http.call('GET', '/api/v1/sessions?pageSize=1', '', token);
      return (JSON.parse(text) as { total: number }).total === records;
    };
    await until(isDone, { what: 'all records', timeoutMs: 600_000, everyMs: 250 });
  });
}

/** Heartbeats at a steady rate, while an operator looks at every list. */
async function beat(
  stack: Stack,
  http: HttpLoad,
  token: string,
): Promise<{ row: Row; looks: Row[] }> {
  const perSecond = Number(values.heartbeats);
  const ms = Number(values.seconds) * 1000;
  const api = pidOf(stack);
  const cpuBefore = cpuSeconds(api);
  const looking = look(http, token);
  const time = Promise.all([sleep(ms), looking]);
  const begun = performance.now();
  const { calls, failures, latencies } = await atRate(perSecond, time, async (n) => {
    const { id, uuid } = deviceOf((n * 7919) % devices);
    const body = JSON.stringify({ id, uuid, ver: 1004090, modified_at: 0 });
    return (await http.call('POST', '/api/heartbeat', body)).status === 200;
  });
  const seconds = (performance.now() - begun) / 1000;
  const row: Row = [
    `${String(perSecond)} heartbeats a second, ${String(failures)} failed`,
    short(seconds),
    short(calls / seconds),
    `${short(((cpuSeconds(api) - cpuBefore) / seconds) * 100)} %`,
    short(residentBytes(api) / 2 ** 20),
    short(latencies.quantileMs(0.5)),
    short(latencies.quantileMs(0.99)),
  ];
  return { row, looks: await looking };
}

/** One round over all lists after the other, so that each meets whatever the api does meanwhile. */
async function look(http: HttpLoad, token: string): Promise<Row[]> {
  const lists = Object.entries(pages()).map(([name, path]) => {
    return { name, path, total: 0, times: [] as number[] };
  });
  const endsAt = performance.now() + Number(values.seconds) * 1000;
  for (let n = 0; n < LOOKS.most && (n < LOOKS.least || performance.now() < endsAt); n++) {
    for (const list of lists) {
      const start = performance.now();
      const { status, text } = await http.call('GET', list.path, '', token);
      list.times.push(performance.now() - start);
      if (status !== 200) throw new Error(`${list.path}: ${text}`);
      list.total = (JSON.parse(text) as { total: number }).total;
    }
  }
  return lists.map(({ name, total, times }) => {
    const sorted = times.toSorted((a, b) => a - b);
    const p99 = sorted[Math.ceil(0.99 * sorted.length) - 1] ?? 0;
    return [name, total, short(median(times)), short(p99), short(Math.max(...times))];
  });
}

async function measured(
  stack: Stack,
  step: string,
  count: number,
  action: () => Promise<void>,
): Promise<Row> {
  const api = pidOf(stack);
  const cpuBefore = cpuSeconds(api);
  const begun = performance.now();
  await action();
  const seconds = (performance.now() - begun) / 1000;
  const share = ((cpuSeconds(api) - cpuBefore) / seconds) * 100;
  const row: Row = [
    step,
    short(seconds),
    short(count / seconds),
    `${short(share)} %`,
    short(residentBytes(api) / 2 ** 20),
    '',
    '',
  ];
  process.stderr.write(`${row.join(' | ')}\n`);
  return row;
}

function pidOf(stack: Stack): number {
  return stack.replicas.find(({ service }) => service === 'api')?.pid ?? 0;
}

function report(steps: readonly Row[], looks: readonly Row[]): void {
  const database = values['database-url'] === '' ? 'SQLite' : 'PostgreSQL';
  const about = { ...describeMachine(), database, devices, records };
  const columns = ['step', 'seconds', 'a second', 'one core', 'RSS MiB', 'p50 ms', 'p99 ms'];
  process.stdout.write(`${JSON.stringify(about)}\n\n${table(columns, steps)}\n\n`);
  const lists = ['list', 'entries', 'median ms', 'p99 ms', 'longest ms'];
  process.stdout.write(`${table(lists, looks)}\n`);
  if (values.json !== undefined) {
    writeFileSync(values.json, JSON.stringify({ about, steps, looks }, null, 2));
  }
}

if (values.help) process.stdout.write(`${USAGE}\n`);
else if (values['database-url'] === '') await inOwnNetwork(main);
else await main();

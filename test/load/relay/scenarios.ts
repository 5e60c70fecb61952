import { setTimeout as sleep } from 'node:timers/promises';
import type { Side } from './calls.js';
import { cpuSeconds, residentBytes } from './process-figures.js';
import { Histogram } from './statistics.js';
import type { Subject } from './subjects.js';

/** Figures of one scenario for one subject in one round. Names carry their unit. */
export type Figures = Readonly<Record<string, number>>;

/** The two generator processes, and where the subjects listen. */
export interface Stage {
  readonly caller: Side;
  readonly callee: Side;
  readonly address: string;
}

export interface Scenario {
  readonly name: string;
  /** Only meaningful in a process that has done nothing else: measured in the first round. */
  readonly once?: boolean;
  run(stage: Stage, subject: Subject): Promise<Figures>;
}

let runs = 0;

/** Opens pairs through a subject, runs `body`, and closes them again. */
async function withPairs<T>(
  { caller, callee, address }: Stage,
  subject: Subject,
  legs: number,
  body: () => Promise<T>,
): Promise<T> {
  runs += 1;
  const order = {
    address,
    port: subject.port,
    legs,
    run: `run-${String(process.pid)}-${String(runs)}`,
  };
  await caller.do('reset', { messageBytes: 0 });
  await callee.do('reset', { messageBytes: 0 });
  if (subject.mode === 'join') {
    await Promise.all([
      caller.do('open', { ...order, how: 'dial' }),
      callee.do('open', { ...order, how: 'dial' }),
    ]);
  } else {
    await callee.do('open', { ...order, port: subject.sinkPort, how: 'listen' });
    await caller.do('open', { ...order, how: 'through' });
    await callee.do('await', { legs });
  }
  await sleep(SETTLE_MS);
  try {
    return await body();
  } finally {
    await caller.do('close', {});
    await callee.do('close', {});
    await sleep(SETTLE_MS);
  }
}

/** One random stream from callee to caller; the hashes must agree. */
export async function verify(stage: Stage, subject: Subject): Promise<void> {
  const bytes = 32 * 1024 * 1024;
  await withPairs(stage, subject, 1, async () => {
    const [received, sent] = await Promise.all([
      stage.caller.do('hashStream', { bytes }),
      stage.callee.do('sendStream', { bytes }),
    ]);
    if (received.hash !== sent.hash) throw new Error(`${subject.name} changed the bytes`);
  });
}

/** Bulk from callee to caller over so many pairs. */
export function bulk(pairs: number, ms: number): Scenario {
  return {
    name: `bulk, ${String(pairs)} pair${pairs === 1 ? '' : 's'}`,
    run: (stage, subject) =>
      withPairs(stage, subject, pairs, async () => {
        await stage.caller.do('reset', { messageBytes: 0 });
        const cpuBefore = cpuSeconds(subject.pid);
        const startedAt = performance.now();
        await stage.callee.do('flood', { ms });
        const seconds = (performance.now() - startedAt) / 1000;
        await sleep(SETTLE_MS);
        const { bytes } = await stage.caller.do('count', {});
        const cpu = cpuSeconds(subject.pid) - cpuBefore;
        return { 'CPU s/GB': cpu / (bytes / 1e9), 'GB/s': bytes / 1e9 / seconds };
      }),
  };
}

/** Frames one way, small inputs the other way, as a remote desktop has them. */
export function desktop(pairs: number, ms: number): Scenario {
  const frames = { ms, bytes: 20_000, perSecond: 30 };
  const inputs = { ms, bytes: 100, perSecond: 30 };
  return {
    name: `${String(pairs)} desktop-like pairs`,
    run: (stage, subject) =>
      withPairs(stage, subject, pairs, async () => {
        await stage.caller.do('reset', { messageBytes: frames.bytes });
        await stage.callee.do('reset', { messageBytes: inputs.bytes });
        const cpuBefore = cpuSeconds(subject.pid);
        const sent = await Promise.all([
          stage.callee.do('messages', frames),
          stage.caller.do('messages', inputs),
        ]);
        await sleep(SETTLE_MS);
        const cpu = cpuSeconds(subject.pid) - cpuBefore;
        const got = [await stage.caller.do('count', {}), await stage.callee.do('count', {})];
        const latency = Histogram.merge(got.map((side) => side.latency));
        const wanted = ((frames.perSecond + inputs.perSecond) * pairs * ms) / 1000;
        return {
          'CPU µs/message': (cpu * 1e6) / latency.total,
          'p50 µs': latency.quantile(0.5),
          'p99 µs': latency.quantile(0.99),
          'p999 µs': latency.quantile(0.999),
          'load %': ((sent[0].sent + sent[1].sent) / wanted) * 100,
        };
      }),
  };
}

/** Pairs that are joined, pass one byte and part again, per second. */
export function churn(parallel: number, ms: number): Scenario {
  return {
    name: 'set-up',
    run: async ({ caller, callee, address }, subject) => {
      runs += 1;
      const order = { address, port: subject.port, legs: 0, ms, parallel };
      const run = `churn-${String(process.pid)}-${String(runs)}`;
      const cpuBefore = cpuSeconds(subject.pid);
      let pairs: number;
      if (subject.mode === 'join') {
        const made = await Promise.all([
          caller.do('churn', { ...order, how: 'dial', run: `${run}-x` }),
          callee.do('churn', { ...order, how: 'dial', run: `${run}-y` }),
        ]);
        pairs = made[0].pairs + made[1].pairs;
      } else {
        await callee.do('open', { ...order, port: subject.sinkPort, how: 'sink', run });
        pairs = (await caller.do('churn', { ...order, how: 'through', run })).pairs;
        await callee.do('close', {});
      }
      const cpu = cpuSeconds(subject.pid) - cpuBefore;
      return { 'pairs/s': (pairs * 1000) / ms, 'CPU µs/pair': (cpu * 1e6) / pairs };
    },
  };
}

/** From the join of the second leg to its first byte, pairs one after the other; relays that pair only. */
export function firstByte(pairs: number): Scenario {
  return {
    name: 'first byte',
    run: async ({ caller, address }, { port, mode }): Promise<Figures> => {
      if (mode === 'through') return {};
      runs += 1;
      const run = `first-${String(process.pid)}-${String(runs)}`;
      const order = { how: 'dial', address, port, legs: pairs, run } as const;
      const { latency, missed } = await caller.do('firstBytes', order);
      const merged = Histogram.merge([latency]);
      return { 'p50 µs': merged.quantile(0.5), 'p99 µs': merged.quantile(0.99), missed };
    },
  };
}

/** Resident memory of each process before its first connection. */
const freshBytes = new Map<number, number>();

/** Resident memory per pair, beyond that of the fresh process, after one message each way. */
export function idle(pairs: number): Scenario {
  return {
    name: `${String(pairs)} idle pairs`,
    once: true,
    run: async (stage, subject) => {
      const before = freshBytes.get(subject.pid) ?? residentBytes(subject.pid);
      freshBytes.set(subject.pid, before);
      const once = { ms: 1000, bytes: 1000, perSecond: 1 };
      return withPairs(stage, subject, pairs, async () => {
        await Promise.all([stage.callee.do('messages', once), stage.caller.do('messages', once)]);
        await sleep(SETTLE_MS);
        const cpuBefore = cpuSeconds(subject.pid);
        await sleep(IDLE_WATCH_MS);
        const cpu = cpuSeconds(subject.pid) - cpuBefore;
        const bytes = residentBytes(subject.pid) - before;
        return { 'KiB/pair': bytes / 1024 / pairs, 'CPU %': (cpu * 1e5) / IDLE_WATCH_MS };
      });
    },
  };
}

const SETTLE_MS = 300;
const IDLE_WATCH_MS = 3000;

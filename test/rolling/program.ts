// Inside a namespace: the stack, clients that never rest, and a restart of every relay, one after the other.
import { startStack, until, type Replica, type Stack } from '@waystation/testkit';
import { serveLines } from '../nat/program.js';
import { Lane } from './lane.js';

const DRAIN_MS = 60_000;
/** 2 MB each way in 4 s: such a session outlives the moment in which a replica is told to leave. */
const LONG = 40;
/** New sessions all the time, also in the moment in which a replica leaves its port. */
const SHORT = { lanes: 6, chunks: 1 };

async function restart(stack: Stack, relay: Replica): Promise<number> {
  const startMs = performance.now();
  relay.signal('SIGTERM');
  await relay.finished(DRAIN_MS + 10_000);
  await stack.add('relay');
  return Math.round(performance.now() - startMs);
}

async function play(long: readonly Lane[], short: readonly Lane[], stack: Stack): Promise<object> {
  const lanes = [...long, ...short];
  await Promise.all(lanes.map((lane) => lane.open()));
  const runs = lanes.map((lane) => lane.run());
  const restartsMs: number[] = [];
  const livePerRestart: number[] = [];
  for (const relay of [...stack.relays]) {
    const live = (): number => long.filter(({ isLive }) => isLive).length;
    await until(() => live() > 0.8 * long.length, { timeoutMs: 60_000, what: 'live transfers' });
    livePerRestart.push(live());
    restartsMs.push(await restart(stack, relay));
  }
  for (const lane of lanes) lane.finish();
  await Promise.all(runs);
  return {
    restartsMs,
    livePerRestart,
    whole: [long, short].map((some) => some.reduce((sum, { whole }) => sum + whole, 0)),
    failures: lanes.flatMap(({ failures }) => failures),
    exitCodes: stack.relays.slice(0, restartsMs.length).map(({ exitCode }) => exitCode),
    cut: stack.logs().match(/the time to drain is over/g)?.length ?? 0,
  };
}

await serveLines(async (request) => {
  const stack = await startStack({
    rendezvous: 2,
    relay: Number(request['relays']),
    ports: 'shared',
    env: { WAYSTATION_DRAIN_SECONDS: String(DRAIN_MS / 1000), PUNCH_PER_TARGET: '0' },
  });
  try {
    const count = Number(request['lanes']);
    const long = Array.from({ length: count }, (_, n) => new Lane(stack, n, LONG));
    const short = Array.from(
      { length: SHORT.lanes },
      (_, n) => new Lane(stack, count + n, SHORT.chunks),
    );
    return await play(long, short, stack);
  } finally {
    await stack.stop();
  }
});

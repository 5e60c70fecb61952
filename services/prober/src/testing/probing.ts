import {
  startStack,
  until,
  type Replica,
  type Stack,
  type StackOptions,
} from '@waystation/testkit';

/** A stack laid out like a real server, with an api. */
export async function startServer(options: StackOptions = {}): Promise<Stack> {
  const stack = await startStack({ ports: 'server', listRelays: false, ...options });
  try {
    await stack.add('api');
  } catch (error) {
    await stack.stop();
    throw error;
  }
  return stack;
}

/** A prober that looks every second. */
export function addProber(
  stack: Stack,
  env: Readonly<Record<string, string>> = {},
): Promise<Replica> {
  return stack.add('prober', 0, { PROBE_INTERVAL: '1s', PROBE_INSIDE: '127.0.0.1', ...env });
}

interface Line {
  readonly level: string;
  readonly message: string;
  readonly step?: string;
}

/** The lines of its log so far. */
export function linesOf(prober: Replica): Line[] {
  return prober.output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line);
}

export function warningsOf(prober: Replica): Line[] {
  return linesOf(prober).filter(({ level }) => level === 'warn');
}

/** The first warning whose text fits; waits for it. */
export async function warning(prober: Replica, pattern: RegExp): Promise<Line> {
  const found = (): Line | undefined => warningsOf(prober).find((l) => pattern.test(l.message));
  try {
    await until(() => found() !== undefined, { timeoutMs: 60_000, what: String(pattern) });
  } catch (error) {
    throw new Error(`${String(error)}\n${prober.output}`, { cause: error });
  }
  return found() ?? { level: '', message: '' };
}

/** Waits until `count` looks more have succeeded as a whole. */
export async function looksSucceed(prober: Replica, count = 1): Promise<void> {
  const read = (): Promise<number> => prober.metric('prober_looks_total', 'outcome="success"');
  const before = await read();
  try {
    await until(async () => (await read()) >= before + count, {
      timeoutMs: 60_000,
      what: `${String(count)} looks that succeed`,
    });
  } catch (error) {
    throw new Error(`${String(error)}\n${prober.output}`, { cause: error });
  }
}

/** Each step that was tried, with 1 for success. */
export async function stepsOf(prober: Replica): Promise<Record<string, number>> {
  const text = await prober.metrics();
  const rows = text.matchAll(/^prober_step_success\{step="([a-z-]+)"\} (\d)$/gm);
  return Object.fromEntries(
    [...rows].map(([, step = '', value]): [string, number] => [step, Number(value)]),
  );
}

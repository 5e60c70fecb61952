import { type Replica, until } from '@waystation/testkit';

/** Something that was done, and what the services have counted of it. */
export interface Comparison {
  readonly what: string;
  readonly done: number;
  readonly counted: number;
}

/** Records travel through Redis in batches. */
const CATCH_UP_MS = 60_000;

/** Sums a counter over replicas. */
export async function sum(
  replicas: readonly Replica[],
  name: string,
  ...labels: string[]
): Promise<number> {
  const values = await Promise.all(replicas.map((replica) => replica.metric(name, ...labels)));
  return values.reduce((total, value) => total + value, 0);
}

/** Waits a while for a counter to come to what was done; tells in any case where it came to. */
export async function compare(
  what: string,
  done: number,
  count: () => Promise<number>,
): Promise<Comparison> {
  const reached = async (): Promise<boolean> => (await count()) === done;
  await until(reached, { timeoutMs: CATCH_UP_MS, everyMs: 1000, what }).catch(() => undefined);
  return { what, done, counted: await count() };
}

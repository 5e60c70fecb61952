import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, startStack, type Stack } from '@waystation/testkit';

/** One metric, as a service describes it on /series. */
export interface Series {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labels: readonly string[];
}

export interface SeriesOf {
  readonly service: string;
  readonly series: readonly Series[];
}

/** One entry of the registry's list for Prometheus. */
export interface Target {
  readonly targets: readonly string[];
  readonly labels: { readonly service: string; readonly replica: string };
}

/** A stack with every service in it, the api as well. */
export async function startWholeStack(
  replicas: { readonly rendezvous?: number; readonly relay?: number } = {},
  env: Readonly<Record<string, string>> = {},
): Promise<Stack> {
  const API_PORT = String(await freePort());
  const stack = await startStack({ ...replicas, env, serviceEnv: { api: { API_PORT } } });
  try {
    await stack.add('api');
    // it has its series without a look, and a look would change those of the others
    await stack.add('prober', 0, { PROBER: 'N' });
  } catch (error) {
    await stack.stop();
    throw error;
  }
  return stack;
}

/** What a replica tells the programs beside it about its ops port. */
interface RunFile {
  readonly service: string;
  readonly replica: string;
  readonly opsPort: number;
}

async function runFiles(stack: Stack): Promise<RunFile[]> {
  const folder = join(stack.directory, 'run');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.map((text) => JSON.parse(text) as RunFile);
}

/** What each service says about its series; one replica of each is asked. */
export async function seriesOf(stack: Stack): Promise<SeriesOf[]> {
  const first = new Map((await runFiles(stack)).map((file) => [file.service, file]));
  return Promise.all(
    [...first].map(async ([service, { opsPort }]) => {
      const answer = await fetch(`http://127.0.0.1:${String(opsPort)}/series`);
      return { service, series: (await answer.json()) as Series[] };
    }),
  );
}

/** The page of the registry that lists all replicas' ops ports for Prometheus. */
export async function directoryUrl(stack: Stack): Promise<string> {
  const registry = (await runFiles(stack)).find(({ service }) => service === 'registry');
  return `http://127.0.0.1:${String(registry?.opsPort)}/sd`;
}

export async function targets(stack: Stack): Promise<Target[]> {
  const answer = await fetch(await directoryUrl(stack));
  if (!answer.ok) throw new Error(`/sd answers ${String(answer.status)}`);
  return (await answer.json()) as Target[];
}

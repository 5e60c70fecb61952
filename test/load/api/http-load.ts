import { Agent, request } from 'node:http';
import { Latencies } from '../heartbeats/latencies.js';

/** An answer: its status and body. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Calls one api over connections that are kept. */
export class HttpLoad {
  readonly #agent: Agent;

  /** @param connections most of them at a time */
  constructor(
    private readonly port: number,
    connections: number,
  ) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  call(method: 'GET' | 'POST', path: string, body = '', token = ''): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
    };
    const place = { host: '127.0.0.1', port: this.port, agent: this.#agent };
    const sent = request({ ...place, method, path, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
      });
    });
    sent.once('error', reject);
    sent.end(body);
    return promise;
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** What came of a stream of calls. */
export interface RateResult {
  readonly calls: number;
  readonly failures: number;
  readonly latencies: Latencies;
}

const TICK_MS = 20;

/** Makes calls at a steady rate, whether the ones before are answered or not, until `stop` resolves. */
export async function atRate(
  perSecond: number,
  stop: Promise<unknown>,
  call: (number: number) => Promise<boolean>,
): Promise<RateResult> {
  const latencies = new Latencies();
  const open = new Set<Promise<void>>();
  const begun = performance.now();
  let [calls, failures, isOver] = [0, 0, false];
  void stop.finally(() => (isOver = true));
  const one = async (number: number): Promise<void> => {
    const start = performance.now();
    const good = await call(number).catch(() => false);
    latencies.add(performance.now() - start);
    if (!good) failures += 1;
  };
  const ticker = setInterval(() => {
    const due = ((performance.now() - begun) / 1000) * perSecond;
    while (!isOver && calls < due) {
      const made = one(calls++);
      open.add(made);
      void made.finally(() => open.delete(made));
    }
  }, TICK_MS);
  await stop;
  clearInterval(ticker);
  await Promise.all(open);
  return { calls, failures, latencies };
}

/** Makes `count` calls, so many at a time. Throws when one of them fails. */
export async function allOf(
  count: number,
  atOnce: number,
  call: (number: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await call(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

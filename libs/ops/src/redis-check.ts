import { type Socket, connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { StartError } from './start-error.js';

const ATTEMPT_MS = 3000;
const PAUSE_MS = 250;

/** Why one attempt failed; `final` means that trying again cannot help. */
interface Failure {
  readonly reason: string;
  readonly final: boolean;
}

/**
 * Asks Redis for a PONG until it gives one or `patienceMs` are over; a wrong password ends it at
 * once. Throws StartError, which names REDIS_URL and the remedy. A service that runs already never
 * comes here: it outlives the loss of Redis.
 */
export async function requireRedis(url: string, patienceMs: number): Promise<void> {
  const end = Date.now() + patienceMs;
  for (;;) {
    const failure = await ping(new URL(url));
    if (failure === undefined) return;
    if (failure.final || Date.now() >= end) throw new StartError(sentence(new URL(url), failure));
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

function sentence(url: URL, { reason, final }: Failure): string {
  const remedy = final
    ? 'correct REDIS_URL, for example redis://:password@127.0.0.1:6379'
    : 'start Redis there or correct REDIS_URL, for example redis://127.0.0.1:6379';
  return `REDIS_URL: no Redis at ${url.hostname}:${url.port || '6379'} (${reason}); ${remedy}.`;
}

function ping(url: URL): Promise<Failure | undefined> {
  return new Promise((resolve) => {
    const socket = open(url);
    let heard = '';
    const done = (failure?: Failure): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(failure);
    };
    const timer = setTimeout(() => done({ reason: 'no answer in time', final: false }), ATTEMPT_MS);
    socket.on('error', (error) => done({ reason: error.message, final: false }));
    socket.on('close', () => done({ reason: 'the connection was closed', final: false }));
    socket.on('data', (chunk: Buffer) => {
      heard = (heard + chunk.toString('latin1')).slice(0, 4096);
      const verdict = judge(heard);
      if (verdict !== 'wait') done(verdict);
    });
    socket.write(greeting(url));
  });
}

function open(url: URL): Socket {
  const at = { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || '6379') };
  return url.protocol === 'rediss:' ? connectTls({ ...at, servername: at.host }) : connect(at);
}

function greeting(url: URL): string {
  const password = decodeURIComponent(url.password);
  const user = decodeURIComponent(url.username);
  const auth = password === '' ? [] : [user === '' ? ['AUTH', password] : ['AUTH', user, password]];
  return [...auth, ['PING']].map(command).join('');
}

function command(words: readonly string[]): string {
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return `*${words.length}\r\n${parts.join('')}`;
}

function judge(heard: string): Failure | undefined | 'wait' {
  if (heard.includes('+PONG\r\n')) return undefined;
  const refusal = /^-([^\r\n]*)\r\n/m.exec(heard)?.[1];
  if (refusal === undefined) return /^[+$]/.test(heard) || heard === '' ? 'wait' : notRedis;
  // a Redis that reads its data from disk, or follows another one that is away, says so and recovers
  const passing = /^(LOADING|MASTERDOWN|BUSY)/.test(refusal);
  return { reason: refusal, final: !passing };
}

const notRedis: Failure = { reason: 'something else answers there', final: true };

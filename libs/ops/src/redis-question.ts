import { type Socket, connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Endpoint } from '@waystation/config';

const ATTEMPT_MS = 3000;

/** One command to a Redis or a Sentinel, over a connection made for it. */
export interface Question {
  readonly at: Endpoint;
  readonly tls: boolean;
  /** Empty when none is needed. */
  readonly username: string;
  readonly password: string;
  readonly command: readonly string[];
}

/** Why there is no answer; `final` means that trying again cannot help. */
export interface Failure {
  readonly reason: string;
  readonly final: boolean;
}

export function isFailure(value: object | string): value is Failure {
  return typeof value === 'object' && 'final' in value;
}

/** The raw answer without its last line end, or why there is none. */
export function askRedis(question: Question): Promise<string | Failure> {
  return new Promise((resolve) => {
    const socket = open(question);
    let heard = '';
    const done = (outcome: string | Failure): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    const fail = (reason: string): void => done({ reason, final: false });
    const timer = setTimeout(() => fail('no answer in time'), ATTEMPT_MS);
    socket.on('error', (error) => fail(error.message));
    socket.on('close', () => fail('the connection was closed'));
    socket.on('data', (chunk: Buffer) => {
      heard = (heard + chunk.toString('latin1')).slice(0, 4096);
      const verdict = judge(heard, question.password !== '');
      if (verdict !== undefined) done(verdict);
    });
    socket.write(greeting(question));
  });
}

function open({ at, tls }: Question): Socket {
  const { host, port } = at;
  return tls ? connectTls({ host, port, servername: host }) : connect({ host, port });
}

function greeting({ username, password, command }: Question): string {
  const login = username === '' ? ['AUTH', password] : ['AUTH', username, password];
  return [...(password === '' ? [] : [login]), command].map(encoded).join('');
}

function encoded(words: readonly string[]): string {
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return `*${words.length}\r\n${parts.join('')}`;
}

/** Undefined while more has to come. */
function judge(heard: string, hasLogin: boolean): string | Failure | undefined {
  const refusal = /^-([^\r\n]*)\r\n/m.exec(heard)?.[1];
  if (refusal !== undefined) {
    // A Redis that reads its data from disk, or follows another one that is away, says so and recovers.
    return { reason: refusal, final: !/^(LOADING|MASTERDOWN|BUSY)/.test(refusal) };
  }
  if (heard !== '' && !/^[+$*]/.test(heard)) {
    return { reason: 'something else answers there', final: true };
  }
  const answer = hasLogin ? heard.replace(/^\+OK\r\n/, '') : heard;
  return isWhole(answer) ? answer.slice(0, -2) : undefined;
}

/** A simple text, nothing, or a list of two texts: all that our commands are answered with. */
function isWhole(answer: string): boolean {
  return /^(\+[^\r\n]*|\$-1|\*-1|\*2\r\n\$\d+\r\n\S*\r\n\$\d+\r\n\S*)\r\n$/.test(answer);
}

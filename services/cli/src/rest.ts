import type { Arguments, FlagNames } from './arguments.js';
import { reasonOf } from '@waystation/ops';
import { Failure, UsageError } from './failure.js';
import { textOf } from './server-key-file.js';

const ANSWER_MS = 30_000;
/** What a header can carry. */
const TOKEN = /^[\x21-\x7e]+$/;

/** Flags of commands that can work through a running server. */
export const serverFlags: FlagNames = { server: true, token: true, 'token-file': true };
export const SERVER_USAGE = '[--server URL --token TOKEN | --token-file FILE]';

/** A running server's administration, with an API token. */
export class Rest {
  readonly #base: string;
  readonly #token: string;

  constructor(base: string, token: string) {
    this.#base = base.replace(/\/+$/, '');
    this.#token = token;
  }

  /** Undefined when no server is named. Throws UsageError when its token is missing. */
  static async of(given: Arguments): Promise<Rest | undefined> {
    const server = given.text('server');
    if (server === undefined) return undefined;
    if (!/^https?:\/\/\S+$/.test(server)) throw new UsageError('--server needs an http address.');
    const file = given.text('token-file');
    const token = file === undefined ? given.text('token') : await textOf(file);
    if (file !== undefined && token === undefined) throw new Failure(`There is no ${file}.`);
    if (token === undefined) throw new UsageError('--token or --token-file is missing.');
    if (!TOKEN.test(token.trim())) throw new UsageError('The token has a form that no token has.');
    return new Rest(server, token.trim());
  }

  /** The answer's JSON. Throws Failure in the server's words. */
  async call(method: string, path: string, body?: object): Promise<unknown> {
    const { response, text } = await this.#fetch(method, path, body);
    const answer = parsed(text);
    const refusal = typeof answer === 'object' && answer !== null && 'error' in answer;
    if (response.ok && !refusal) {
      if (answer !== undefined || text === '') return answer;
      throw new Failure(`${this.#base} answers, but not as Waystation does; is it the API server?`);
    }
    const words = refusal ? String(answer.error) : `it answers ${response.status}`;
    throw new Failure(`${this.#base} refuses: ${words}.`);
  }

  async #fetch(method: string, path: string, body: object | undefined) {
    const headers = { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' };
    const signal = AbortSignal.timeout(ANSWER_MS);
    const text = body === undefined ? {} : { body: JSON.stringify(body) };
    try {
      const response = await fetch(`${this.#base}${path}`, { method, headers, signal, ...text });
      return { response, text: await response.text() };
    } catch (error) {
      const cause = error instanceof Error && error.cause ? error.cause : error;
      throw new Failure(`${this.#base} cannot be reached (${reasonOf(cause)}).`);
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // an empty answer, or the page of a proxy
    return undefined;
  }
}

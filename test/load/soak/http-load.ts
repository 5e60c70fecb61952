import { setTimeout as sleep } from 'node:timers/promises';
import type { Device, Replica } from '@waystation/testkit';

/** Pause between two requests of the one client that makes them all. */
const PAUSE_MS = 200;

/** What clients ask of the api all day: heartbeats, and address books of somebody who is signed in. */
export class HttpLoad {
  requests = 0;
  /** Answers other than 200, by status and path. */
  readonly failures = new Map<string, number>();
  #stopped = false;
  #done: Promise<void> | undefined;

  constructor(
    private readonly url: string,
    private readonly api: Replica,
    private readonly devices: readonly Device[],
  ) {}

  /** Signs in as the first administrator and begins. */
  async start(): Promise<void> {
    const password = /password (\S+)/.exec(this.api.output)?.[1] ?? '';
    const body = { type: 'account', username: 'admin', password, id: '', uuid: '' };
    const answer = await this.#ask('/api/login', body);
    const { access_token: token } = (await answer.json()) as { access_token?: string };
    if (token === undefined) throw new Error('the first administrator could not sign in');
    this.#done = this.#work(token);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }

  async #work(token: string): Promise<void> {
    for (let turn = 0; !this.#stopped; turn++) {
      const { identity } = this.devices[turn % this.devices.length] ?? {};
      const { id = '', uuid } = identity ?? {};
      const device = { id, uuid: Buffer.from(uuid ?? []).toString('base64') };
      await this.#ask('/api/heartbeat', { ...device, ver: 1004000, modified_at: 0 });
      await this.#ask('/api/currentUser', device, token);
      await this.#ask('/api/ab/personal', undefined, token);
      await sleep(PAUSE_MS);
    }
  }

  async #ask(path: string, body: unknown, token?: string): Promise<Response> {
    this.requests++;
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
    const init = { method: 'POST', headers, body: body === undefined ? '' : JSON.stringify(body) };
    const answer = await fetch(`${this.url}${path}`, init);
    if (answer.status !== 200) {
      const what = `${String(answer.status)} ${path}`;
      this.failures.set(what, (this.failures.get(what) ?? 0) + 1);
    }
    return answer;
  }
}

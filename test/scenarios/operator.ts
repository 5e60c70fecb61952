import assert from 'node:assert/strict';
import { type Stack, until } from '@waystation/testkit';

/** A JSON object of an answer. */
export type Row = Readonly<Record<string, unknown>>;

/** Who asks the api of a stack: an operator, or a user of a client. */
export class Operator {
  token = '';

  constructor(private readonly port: number) {}

  /** Adds the first api to a stack whose `API_PORT` is `port`; its first administrator, signed in. */
  static async ofNewApi(stack: Stack, port: number): Promise<Operator> {
    await stack.add('api');
    const [, password = ''] = /password (\S+) \(shown only/.exec(stack.logs()) ?? [];
    return new Operator(port).signIn(password);
  }

  /** Signs in; as the first administrator unless another name is given. */
  async signIn(password: string, username = 'admin'): Promise<this> {
    const login = { username, password, id: '', uuid: '', type: 'account' };
    const { access_token: token } = (await this.post('/api/login', login)) as Row;
    assert.equal(typeof token, 'string');
    this.token = String(token);
    return this;
  }

  async get(path: string): Promise<Row> {
    return (await this.#ask('GET', path)) as Row;
  }

  post(path: string, body: unknown = {}): Promise<unknown> {
    return this.#ask('POST', path, body);
  }

  patch(path: string, body: unknown): Promise<unknown> {
    return this.#ask('PATCH', path, body);
  }

  delete(path: string, body?: unknown): Promise<unknown> {
    return this.#ask('DELETE', path, body);
  }

  /** The one entry of a list that fits, once it does. */
  find(path: string, fits: (row: Row) => boolean): Promise<Row> {
    const look = async (): Promise<Row | undefined> => {
      const { data } = (await this.get(path)) as { data: readonly Row[] };
      assert.ok(data.length < 2, `${path} lists one thing twice`);
      return data.find(fits);
    };
    return until(look, { what: path, timeoutMs: 30_000 });
  }

  async #ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    if (this.token !== '') headers['authorization'] = `Bearer ${this.token}`;
    const init = body === undefined ? {} : { body: JSON.stringify(body) };
    const url = `http://127.0.0.1:${String(this.port)}${path}`;
    const answer = await fetch(url, { method, headers, ...init });
    const text = await answer.text();
    assert.equal(answer.status, 200, `${method} ${path}: ${text}`);
    // a few answers are one plain word
    return /^[[{"]/.test(text) ? JSON.parse(text) : text;
  }
}

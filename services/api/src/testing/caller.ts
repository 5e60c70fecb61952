import { type IncomingHttpHeaders, request } from 'node:http';

/** An answer, as a client sees it. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
  /** Undefined when the body is no JSON. */
  readonly json: unknown;
}

/** One request in detail. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers?: Record<string, string>;
  /** Sent as it is; undefined: no body and no content length. */
  readonly body?: Buffer | string | undefined;
}

/** Somebody who calls the api over real HTTP/1.1; nothing is followed, nothing is retried. */
export class Caller {
  constructor(
    private readonly url: string,
    private readonly token?: string,
  ) {}

  get(path: string): Promise<Answer> {
    return this.send({ method: 'GET', path });
  }

  /** Without a body it is what clients send: a content type and `Content-Length: 0`. */
  post(path: string, body?: unknown): Promise<Answer> {
    return this.#json('POST', path, body);
  }

  put(path: string, body: unknown): Promise<Answer> {
    return this.#json('PUT', path, body);
  }

  patch(path: string, body: unknown): Promise<Answer> {
    return this.#json('PATCH', path, body);
  }

  delete(path: string, body?: unknown): Promise<Answer> {
    return this.#json('DELETE', path, body);
  }

  #json(method: string, path: string, body: unknown): Promise<Answer> {
    const headers = { 'content-type': 'application/json' };
    const text = body === undefined ? '' : JSON.stringify(body);
    return this.send({ method, path, headers, body: text });
  }

  send({ method, path, headers = {}, body }: Call): Promise<Answer> {
    const bearer = this.token === undefined ? {} : { authorization: `Bearer ${this.token}` };
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const options = { method, headers: { ...bearer, ...length, ...headers }, agent: false };
    const sent = request(`${this.url}${path}`, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const bytes = Buffer.concat(chunks);
        const status = response.statusCode ?? 0;
        const text = bytes.toString('utf8');
        resolve({ status, headers: response.headers, bytes, text, json: parsed(text) });
      });
    });
    sent.once('error', reject);
    sent.end(body);
    return promise;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Some answers are plain text.
    return undefined;
  }
}

import type { HttpProxyRequest, HttpProxyResponse } from '@waystation/wire';

/** Protocol 6.15: body of a call, and the longest wait for its answer. */
export const CALL_BODY_LIMIT_BYTES = 4 * 1024 * 1024;
const PATIENCE_MS = 15_000;
/** The largest answer the api gives is a whole address book of the old kind. */
const ANSWER_LIMIT_BYTES = 16 * 1024 * 1024;
/** Calls on their way at once; an answer each may be in memory. */
const CALLS_LIMIT = 64;
/** Connections at once on which a call of full size may come in; on others it may be 64 KiB. */
const LARGE_LIMIT = 256;

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);
/** Under `/api/`, printable, and without anything that another reader of the path may take for `..` or `/`. */
const PATH = /^\/api\/[\x21\x24-\x3b\x3d\x40-\x5b\x5d\x5f\x61-\x7a\x7e]*(\?[\x21\x24-\x7e]*)?$/;
const DISGUISED = /%2e|%2f|%5c|%00|%25/i;

/** Headers that belong to one connection, that we set ourselves, or that claim where a call comes from. */
const OURS =
  /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|host|content-length|expect|accept-encoding|forwarded|via|x-forwarded-.*|x-real-ip|x-client-ip|x-cluster-client-ip|true-client-ip|cf-connecting-ip|client-ip)$/i;

type Answer = Partial<HttpProxyResponse>;

/** Why a call was not made, in words for the client. */
class Refused extends Error {}

/** Hands calls of clients on to our own api, never to another place (protocol 6.15). */
export class ApiCalls {
  private running = 0;
  private large = 0;

  /** @param target base address of the api, without a query; empty: no call is made */
  constructor(private readonly target: string) {}

  get enabled(): boolean {
    return this.target !== '';
  }

  /** Calls on their way. */
  get inFlight(): number {
    return this.running;
  }

  /** One connection more on which a large call may come in; false: there are enough of them. */
  awaitLarge(): boolean {
    if (!this.enabled || this.large >= LARGE_LIMIT) return false;
    this.large += 1;
    return true;
  }

  /** The call has come in, or never will. */
  largeOver(): void {
    this.large -= 1;
  }

  /** Never rejects: what goes wrong is told in `error`, without a word about our network. */
  async call(request: HttpProxyRequest, callerIp: string): Promise<Answer> {
    if (this.running >= CALLS_LIMIT) return { error: 'The server is busy, please try later' };
    this.running += 1;
    try {
      return await this.handOn(request, callerIp);
    } catch (error) {
      if (error instanceof Refused) return { error: error.message };
      const late = error instanceof Error && error.name === 'TimeoutError';
      return { error: late ? 'The API did not answer in time' : 'The API cannot be reached' };
    } finally {
      this.running -= 1;
    }
  }

  private async handOn(request: HttpProxyRequest, callerIp: string): Promise<Answer> {
    const { method, body } = request;
    if (!METHODS.has(method)) throw new Refused('This method is not allowed');
    if (body.length > CALL_BODY_LIMIT_BYTES) throw new Refused('The body is too large');
    const hasBody = body.length > 0 && method !== 'GET' && method !== 'HEAD';
    const response = await fetch(this.place(request.path), {
      method,
      headers: headersFor(request, callerIp),
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...(hasBody ? { body: Uint8Array.from(body) } : {}),
    });
    return {
      status: response.status,
      headers: [...response.headers]
        .filter(([name]) => !OURS.test(name) && name !== 'content-encoding')
        .map(([name, value]) => ({ name, value })),
      body: await bodyOf(response),
    };
  }

  private place(path: string): URL {
    const [pathname = ''] = path.split('?', 1);
    if (!PATH.test(path.replaceAll(/%[0-9A-Fa-f]{2}/g, '_')) || DISGUISED.test(pathname)) {
      throw new Refused('This path is not allowed');
    }
    if (pathname.split('/').some((part) => part === '..' || part === '.')) {
      throw new Refused('This path is not allowed');
    }
    return new URL(`${this.target.replace(/\/+$/, '')}${path}`);
  }
}

function headersFor(request: HttpProxyRequest, callerIp: string): Headers {
  const headers = new Headers();
  for (const { name, value } of request.headers) {
    if (OURS.test(name)) continue;
    try {
      headers.append(name, value);
    } catch {
      throw new Refused('A header is malformed');
    }
  }
  // Packed answers would be unpacked here and sent on larger than they came.
  headers.set('accept-encoding', 'identity');
  headers.set('x-forwarded-for', callerIp);
  return headers;
}

async function bodyOf({ body }: Response): Promise<Buffer> {
  if (body === null) return Buffer.alloc(0);
  const stream: AsyncIterable<Uint8Array> = body;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > ANSWER_LIMIT_BYTES) throw new Refused('The answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}

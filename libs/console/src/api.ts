/** The server refused a request, or could not be reached; the message is for people. */
export class ApiError extends Error {
  constructor(
    message: string,
    /** The status of the answer; 0 when there was none. */
    readonly status: number,
  ) {
    super(message);
  }
}

const TOKEN_KEY = 'waystation-token';
const UNAUTHORIZED = 401;

let whenSignedOut = (): void => {};

/** Whether somebody is signed in in this tab; the server has the last word. */
export const isSignedIn = (): boolean => sessionStorage.getItem(TOKEN_KEY) !== null;

/** Keeps the login for this tab only: a closed tab is a login that nobody can pick up. */
export function keepToken(token: string): void {
  sessionStorage.setItem(TOKEN_KEY, token);
}

/** Forgets the login of this tab. */
export function dropToken(): void {
  sessionStorage.removeItem(TOKEN_KEY);
  whenSignedOut();
}

/** Calls back when the server no longer knows the login. */
export function onSignedOut(handler: () => void): void {
  whenSignedOut = handler;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * One call of the REST of this server; `path` without a leading slash, so that the console works
 * below any path of a reverse proxy. Throws ApiError.
 */
export async function call<T>(method: Method, path: string, body?: unknown): Promise<T> {
  const answer = await send(method, path, body);
  const text = await answer.text();
  const value: unknown = text === '' ? undefined : parse(text);
  // some refusals come with a 200, which is what older clients can show
  const refusal = refusalIn(value);
  if (answer.ok && refusal === undefined) return value as T;
  if (answer.status === UNAUTHORIZED) dropToken();
  throw new ApiError(refusal ?? `The server answered ${answer.status}`, answer.status);
}

/** A file of the server. Throws ApiError. */
export async function fetchBlob(path: string): Promise<Blob> {
  const answer = await send('GET', path, undefined);
  if (answer.ok) return answer.blob();
  throw new ApiError(`The server answered ${answer.status}`, answer.status);
}

/** Fetches a file and hands it to the browser as a download. */
export async function download(path: string, name: string): Promise<void> {
  const url = URL.createObjectURL(await fetchBlob(path));
  const link = Object.assign(document.createElement('a'), { href: url, download: name });
  link.click();
  URL.revokeObjectURL(url);
}

async function send(method: Method, path: string, body: unknown): Promise<Response> {
  const token = sessionStorage.getItem(TOKEN_KEY);
  const headers: Record<string, string> = {};
  if (token !== null) headers['authorization'] = `Bearer ${token}`;
  if (body !== undefined) headers['content-type'] = 'application/json';
  const init = body === undefined ? {} : { body: JSON.stringify(body) };
  try {
    return await fetch(path, { method, headers, ...init });
  } catch {
    throw new ApiError('The server cannot be reached', 0);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function refusalIn(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('error' in value)) return undefined;
  return typeof value.error === 'string' && value.error !== '' ? value.error : undefined;
}

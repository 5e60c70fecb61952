import assert from 'node:assert/strict';
import type { Answer, Caller } from './caller.js';

export interface PeerPage {
  readonly total: number;
  readonly data: readonly Record<string, unknown>[];
}

/** The guid of the caller's own address book. */
export async function personal(caller: Caller): Promise<string> {
  return ((await caller.post('/api/ab/personal')).json as { guid: string }).guid;
}

/** A page of a book's devices. */
export async function peers(caller: Caller, guid: string, page = 1): Promise<PeerPage> {
  const query = `current=${page}&pageSize=100&ab=${guid}`;
  return (await caller.post(`/api/ab/peers?${query}`)).json as PeerPage;
}

/** A book's tags. */
export async function tags(caller: Caller, guid: string): Promise<unknown> {
  return (await caller.post(`/api/ab/tags/${guid}`)).json;
}

/** The one answer that clients take for a done change. */
export function isDone({ status, headers, bytes }: Answer): void {
  assert.equal(status, 200, bytes.toString());
  assert.equal(headers['content-length'], '0');
  assert.equal(bytes.length, 0);
}

/** An answer whose text clients show. */
export function isRefused(answer: Answer, status = 200): void {
  assert.equal(answer.status, status);
  assert.equal(typeof (answer.json as { error: unknown }).error, 'string');
}

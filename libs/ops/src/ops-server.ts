import { createHash, timingSafeEqual } from 'node:crypto';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Health, Readiness } from './health.js';
import { maskText } from './mask.js';
import type { Metrics } from './metrics.js';
import type { Page, Pages } from './pages.js';
import { reasonOf } from './reason-of.js';

export interface OpsServer {
  readonly port: number;
  close(): Promise<void>;
}

export interface OpsServerOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly health: Health;
  readonly metrics: Metrics;
  /** What this service shows beside the pages that all have. */
  readonly pages?: Pages;
  /** Asked of whoever reads anything but the state of health; empty: nothing is asked. */
  readonly token?: string;
}

/**
 * Serves /healthz (the process lives), /readyz (give it work), /serving (leave its clients), /metrics, /series (what the metrics
 * mean) of this one process, and the service's own pages.
 */
export async function startOpsServer(options: OpsServerOptions): Promise<OpsServer> {
  const server = createServer((request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      send(response, 500, 'text/plain', reasonOf(error));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: options.host, port: options.port }, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { port, close };
}

async function answer(
  options: OpsServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { health, metrics } = options;
  const [path, query] = (request.url ?? '').split('?', 2);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    send(response, 405, 'text/plain', 'only GET\n');
  } else if (path === '/healthz') {
    sendJson(response, 200, { live: true });
  } else if (path === '/readyz') {
    sendReadiness(response, await health.readiness());
  } else if (path === '/serving') {
    sendReadiness(response, await health.serving());
  } else if (!mayRead(request, options.token ?? '')) {
    send(response, 401, 'text/plain', 'METRICS_TOKEN is asked for as bearer token\n');
  } else if (path === '/metrics') {
    send(response, 200, metrics.contentType, await metrics.text());
  } else if (path === '/series') {
    sendJson(response, 200, metrics.series());
  } else {
    await sendPage(options.pages?.of(path ?? ''), new URLSearchParams(query), response);
  }
}

function sendReadiness(response: ServerResponse, readiness: Readiness): void {
  sendJson(response, readiness.ready ? 200 : 503, readiness);
}

async function sendPage(
  page: Page | undefined,
  query: URLSearchParams,
  response: ServerResponse,
): Promise<void> {
  if (page === undefined) {
    send(response, 404, 'text/plain', 'no such page\n');
    return;
  }
  sendJson(response, 200, await page(query));
}

/** Hashed first, so that neither the length nor the place of a difference shows in the time. */
function mayRead(request: IncomingMessage, token: string): boolean {
  if (token === '') return true;
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(request.headers.authorization ?? ''), hash(`Bearer ${token}`));
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  send(response, status, 'application/json', maskText(JSON.stringify(body)));
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  if (response.headersSent) return;
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
}

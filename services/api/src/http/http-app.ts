import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { type NestOptions, type Parts, StartError, reasonOf } from '@waystation/ops';
import type { ApiConfig } from '../api-config.js';
import { serveOpenApi } from '../admin/serve-openapi.js';
import { ErrorFilter } from './error-filter.js';
import { PatientServer } from './patient-server.js';
import { requestMetrics } from './request-metrics.js';
import { crossOrigin, securityHeaders } from './security-headers.js';
import { serveConsole } from './serve-console.js';

/** Makes the HTTP application; bodies are left alone, handlers read them (see json-body.ts). */
export async function createHttp(
  module: DynamicModule,
  options: NestOptions,
  { config, log, metrics }: Parts<ApiConfig>,
): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(module, new PatientServer(config), {
    ...options,
    bodyParser: false,
  });
  app.disable('x-powered-by').disable('etag');
  trustProxies(app, config.trustedProxies);
  app.use(requestMetrics(metrics));
  app.use(securityHeaders(config.corsOrigins));
  app.use(crossOrigin(config.corsOrigins));
  app.use(refuseNul);
  if (config.basePath !== '') app.use(withoutPrefix(config.basePath));
  serveOpenApi(app);
  serveConsole(app);
  return app.useGlobalFilters(new ErrorFilter(log));
}

function trustProxies(app: NestExpressApplication, proxies: readonly string[]): void {
  try {
    app.set('trust proxy', [...proxies]);
  } catch (error) {
    const reason = reasonOf(error);
    throw new StartError(
      `TRUSTED_PROXIES cannot be read (${reason}): use addresses and networks such as 10.0.0.0/8.`,
    );
  }
}

/** No path and no query means anything by a NUL, and PostgreSQL fails at it. */
function refuseNul(request: IncomingMessage, response: ServerResponse, next: () => void): void {
  if (request.url?.includes('%00') !== true) return next();
  response.writeHead(400, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: 'The address is not valid' }));
}

/** For a reverse proxy that passes its own path on; requests without it work as well. */
function withoutPrefix(basePath: string) {
  return (request: IncomingMessage, _: unknown, next: () => void): void => {
    const { url = '/' } = request;
    if (url.startsWith(`${basePath}/`)) request.url = url.slice(basePath.length);
    next();
  };
}

/**
 * Runs the start hooks and listens; resolves to the port. With `reusePort` every replica opens the
 * same one and the kernel spreads the connections. Rejects when the address is taken.
 */
export async function listenHttp(
  app: NestExpressApplication,
  { bind, port }: Pick<ApiConfig, 'bind' | 'port'>,
): Promise<number> {
  await app.init();
  const server: Server = app.getHttpServer();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  const host = bind === '' ? {} : { host: bind };
  server.listen({ ...host, port, reusePort: true }, () => {
    server.off('error', reject);
    resolve();
  });
  await promise;
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

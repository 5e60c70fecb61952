import type { Server } from 'node:http';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import type { ApiConfig } from '../api-config.js';

/** What makes a closed server notice connections that became idle after it was closed. */
const IDLE_CHECK_MS = 50;

/** At the end: accepts nothing new and lets the requests in progress finish, within a limit. */
export class HttpDrain implements BeforeApplicationShutdown {
  constructor(
    private readonly http: HttpAdapterHost,
    private readonly config: ApiConfig,
  ) {}

  async beforeApplicationShutdown(): Promise<void> {
    const server = this.http.httpAdapter.getHttpServer() as Server;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
    // half of the time for the requests, the rest for everything that ends after them
    const deadline = setTimeout(() => server.closeAllConnections(), this.config.stopTimeoutMs / 2);
    await closed;
    clearInterval(idle);
    clearTimeout(deadline);
  }
}

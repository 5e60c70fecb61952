import { createServer } from 'node:http';
import { ExpressAdapter } from '@nestjs/platform-express';

/** How often the limits below are looked at, at the least. */
const CHECK_MS = 5000;
/** Longer than the 60 s that reverse proxies keep an idle connection, so that they end it. */
const IDLE_MS = 75_000;

/** How long a request may take to arrive. */
export interface Patience {
  readonly headerTimeoutMs: number;
  readonly requestTimeoutMs: number;
}

/**
 * Express on a server that does not wait for ever: whoever sends a request drop by drop gets 408 and
 * a closed connection.
 */
export class PatientServer extends ExpressAdapter {
  constructor(private readonly patience: Patience) {
    super();
  }

  override initHttpServer(...options: Parameters<ExpressAdapter['initHttpServer']>): void {
    super.initHttpServer(...options);
    const { headerTimeoutMs, requestTimeoutMs } = this.patience;
    const timeouts = {
      headersTimeout: Math.min(headerTimeoutMs, requestTimeoutMs),
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: IDLE_MS,
      connectionsCheckingInterval: Math.min(CHECK_MS, headerTimeoutMs),
    };
    this.httpServer = createServer(timeouts, this.getInstance());
  }
}

import type { ServerResponse } from 'node:http';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { Log } from '@waystation/ops';

const UNAUTHORIZED = 401;
const INTERNAL = 500;

/**
 * Turns everything thrown into `{"error": text}`. A 401 always says `Invalid token`, because the
 * oldest clients cannot see the status and log out at exactly this text. What is no HttpException is
 * a fault of ours: it is logged, and the client learns nothing about it.
 */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly log: Log) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<ServerResponse>();
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const { status, text } = this.#answerTo(thrown);
    const body = JSON.stringify({ error: text });
    response
      .writeHead(status, {
        'content-type': 'application/json; charset=utf-8',
        'content-length': Buffer.byteLength(body),
      })
      .end(body);
  }

  #answerTo(thrown: unknown): { status: number; text: string } {
    if (thrown instanceof HttpException) {
      const status = thrown.getStatus();
      return { status, text: status === UNAUTHORIZED ? 'Invalid token' : thrown.message };
    }
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    this.log.error('a request failed', { error: error.message, stack: error.stack });
    return { status: INTERNAL, text: 'Internal error' };
  }
}

import { Logger, type LoggerService } from '@nestjs/common';
import type { Log } from './log.js';
import { reasonOf } from './reason-of.js';

/** Nest's own messages through our log; its tale of every module it loads is for debugging. */
export function nestLogger(log: Log): LoggerService {
  // Nest hands on: message, [stack], context
  const fields = (rest: readonly unknown[]): Record<string, unknown> => ({
    context: rest.at(-1),
    ...(rest.length > 1 ? { stack: rest[0] } : {}),
  });
  return {
    log: (message: unknown, ...rest: unknown[]) => log.debug(reasonOf(message), fields(rest)),
    debug: (message: unknown, ...rest: unknown[]) => log.debug(reasonOf(message), fields(rest)),
    verbose: (message: unknown, ...rest: unknown[]) => log.debug(reasonOf(message), fields(rest)),
    warn: (message: unknown, ...rest: unknown[]) => log.warn(reasonOf(message), fields(rest)),
    error: (message: unknown, ...rest: unknown[]) => log.error(reasonOf(message), fields(rest)),
    fatal: (message: unknown, ...rest: unknown[]) => log.error(reasonOf(message), fields(rest)),
  };
}

/** Keeps Nest's own lines out of a program whose output is an answer. */
export function silenceNest(): void {
  Logger.overrideLogger(false);
}

/** What this room needs of a log; the services' log fits. */
export interface Log {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
}

/** For callers that want no log lines. */
export const silent: Log = { info: () => undefined, warn: () => undefined };

import { setTimeout as sleep } from 'node:timers/promises';

/** How long to wait and what to call the thing that did not happen. */
export interface UntilOptions {
  /** Milliseconds before giving up; default 10,000. */
  readonly timeoutMs?: number;
  /** Milliseconds between two looks; default 10. */
  readonly everyMs?: number;
  /** What is awaited, for the error: "the device is online". */
  readonly what?: string;
}

/**
 * Waits until `condition` returns something truthy and returns that.
 * An exception inside the condition counts as "not yet"; the last one is the cause of the final error.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  options: UntilOptions = {},
): Promise<NonNullable<T>> {
  const { timeoutMs = 10_000, everyMs = 10, what = 'a condition' } = options;
  const deadline = performance.now() + timeoutMs;
  let lastError: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() >= deadline) {
      throw new Error(`waited ${String(timeoutMs)} ms in vain for ${what}`, { cause: lastError });
    }
    await sleep(everyMs);
  }
}

/** Rejects with a sentence naming `what` when `promise` has not settled after `timeoutMs`. */
export async function within<T>(promise: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const alarm = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`${what}: nothing within ${String(timeoutMs)} ms`));
    }, timeoutMs);
  });
  try {
    return await Promise.race([promise, alarm]);
  } finally {
    clearTimeout(timer);
  }
}

import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_MS = 50;
const TELL_MS = 10_000;

/** What a relay still has to do, by name. */
export type Left = Readonly<Record<string, number>>;

/**
 * Waits until nothing is left, at most so long, and tells now and then what is.
 * @returns what is left at the end; every number is 0 if the relay had the time it needed
 */
export async function drained(
  limitMs: number,
  left: () => Left,
  tell: (left: Left) => void,
): Promise<Left> {
  const startMs = performance.now();
  let toldMs = -Infinity;
  for (;;) {
    const now = left();
    const passedMs = performance.now() - startMs;
    if (isNothing(now) || passedMs >= limitMs) return now;
    if (passedMs - toldMs >= TELL_MS) {
      tell(now);
      toldMs = passedMs;
    }
    await sleep(Math.min(LOOK_MS, limitMs - passedMs));
  }
}

/** Whether every number is 0. */
export function isNothing(left: Left): boolean {
  return Object.values(left).every((count) => count === 0);
}

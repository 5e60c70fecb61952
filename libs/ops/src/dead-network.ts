import { readFileSync } from 'node:fs';

const CHECK_MS = 2000;
/** Looks in a row that must find nothing, so that an interface that is just being moved is no alarm. */
const LOOKS = 2;

/** Names of the network interfaces in the text of `/proc/net/dev`. */
export function interfaceNames(procNetDev: string): string[] {
  return [...procNetDev.matchAll(/^\s*([^\s:|]+):/gm)].map((match) => match[1] ?? '');
}

/**
 * Calls `onDead` once when loopback is the only interface left. A container that shares the network
 * of another one keeps an empty network when the owner's process dies, and only a restart brings it
 * into the new one. The loss of Redis alone proves nothing of the kind, so it is not asked for. On
 * systems without /proc nothing is watched. Returns the function that ends the watch.
 */
export function watchNetwork(
  onDead: () => void,
  read: () => string = () => readFileSync('/proc/net/dev', 'utf8'),
  checkMs = CHECK_MS,
): () => void {
  let empty = 0;
  const timer = setInterval(() => {
    empty = hasOnlyLoopback(read) ? empty + 1 : 0;
    if (empty < LOOKS) return;
    clearInterval(timer);
    onDead();
  }, checkMs);
  timer.unref();
  return () => clearInterval(timer);
}

function hasOnlyLoopback(read: () => string): boolean {
  try {
    return interfaceNames(read()).every((name) => name === 'lo');
  } catch {
    // no /proc: not a Linux container, so there is no shared network that could die
    return false;
  }
}

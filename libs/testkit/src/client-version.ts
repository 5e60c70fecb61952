/** The client release that the test clients play unless told otherwise. */
export const CURRENT_VERSION = '1.4.9';

/** How a release of the real client behaves where releases differ (protocol 1.4, 4.5, 5.6). */
export interface ClientHabits {
  /** Milliseconds a caller waits for an answer to its first, second and third punch request. */
  readonly punchWaitsMs: readonly number[];
  /** Milliseconds between two registrations. */
  readonly heartbeatMs: number;
  /** Milliseconds a callee tries to reach the caller directly before it answers. */
  readonly holePunchMs: number;
  /** Knows licence keys, tokens, and skips one KeyExchange while it waits for an answer. */
  readonly knowsKeys: boolean;
  /** Puts its version into a punch request. */
  readonly tellsVersion: boolean;
  /** A secured connection that cannot be had ends the attempt instead of going on in plain text. */
  readonly secureTcpIsFatal: boolean;
  /** A callee that is told the caller's UDP port answers and meets it by UDP. */
  readonly punchesByUdp: boolean;
  /** Ignores a push for the same caller within 100 ms. */
  readonly filtersDuplicates: boolean;
}

/** The habits of release `version`. */
export function habitsOf(version: string): ClientHabits {
  const since = (release: string) => compareVersions(version, release) >= 0;
  return {
    punchWaitsMs: since('1.4.1') ? [3_000, 6_000, 9_000] : [6_000, 12_000, 18_000],
    heartbeatMs: since('1.2.3') ? 15_000 : 12_000,
    holePunchMs: since('1.2.0') ? 30 : 300,
    knowsKeys: since('1.2.0'),
    tellsVersion: since('1.2.7'),
    secureTcpIsFatal: since('1.4.1'),
    punchesByUdp: since('1.4.1'),
    filtersDuplicates: since('1.4.1'),
  };
}

/** Negative, zero or positive as `a` is older than, equal to or newer than `b`. */
function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  for (let i = 0; i < 3; i++) {
    const difference = (left?.[i] ?? 0) - (right?.[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

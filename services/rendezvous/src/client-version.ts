/** The first client version whose messages have today's field types (protocol 4.5). */
export const CURRENT_FIELDS = '1.2.7';

/**
 * True when `version` (as clients write it: `1.4.9`, `1.2.3-1`) is `floor` or newer. An empty or
 * unreadable version is not: what is unknown is treated as old.
 */
export function isAtLeast(version: string, floor: string): boolean {
  const have = numbers(version);
  const want = numbers(floor);
  if (have === undefined || want === undefined) return false;
  for (let i = 0; i < 3; i++) {
    const difference = (have[i] ?? 0) - (want[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

function numbers(version: string): number[] | undefined {
  const match = /^(\d{1,6})\.(\d{1,6})\.(\d{1,6})/.exec(version);
  return match?.slice(1).map(Number);
}

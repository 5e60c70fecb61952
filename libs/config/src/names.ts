/** Written before any name, to set it apart from other programs' variables. */
export const PREFIX = 'WAYSTATION_';

/** The one spelling that names are compared in: upper case, underscores for dashes. */
export function canonicalName(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}

/** Every canonical name that means the option: its own, its aliases, and each with the prefix. */
export function namesOf(option: {
  readonly name: string;
  readonly aliases?: readonly string[];
}): string[] {
  const plain = [option.name, ...(option.aliases ?? [])].map(canonicalName);
  const prefixed = plain.filter((name) => !name.startsWith(PREFIX)).map((name) => PREFIX + name);
  return [...prefixed, ...plain];
}

/** The known name with the fewest edits to `name`, or undefined when none is within `limit` edits. */
export function nearest(
  name: string,
  known: Iterable<string>,
  limit = Math.max(2, Math.floor(name.length / 3)),
): string | undefined {
  let best: string | undefined;
  let bestEdits = limit + 1;
  for (const candidate of known) {
    const edits = editDistance(name, candidate);
    if (edits < bestEdits) [best, bestEdits] = [candidate, edits];
  }
  return best;
}

/** Insertions, deletions and substitutions from one text to the other. */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1] ? 0 : 1;
      const steps = [
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + same,
      ];
      current.push(Math.min(...steps));
    }
    previous = current;
  }
  return previous[to.length] ?? 0;
}

/** One line of an answer, on stdout. */
export function say(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** One line about what is going on, on stderr, so that an answer can be piped on. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Rows as aligned columns, two spaces apart. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, cell.length)));
  }
  const padded = rows.map((row) => row.map((cell, index) => cell.padEnd(widths[index] ?? 0)));
  return padded.map((row) => row.join('  ').trimEnd());
}

/** A size for people. */
export function megabytes(bytes: number): string {
  const size = bytes / 2 ** 20;
  return `${size < 10 ? size.toFixed(1) : size.toFixed(0)} MiB`;
}

import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify';
import type { Columns } from './export-columns.js';

/** How an export is written. */
export const FORMATS = {
  csv: 'text/csv; charset=utf-8; header=present',
  jsonl: 'application/x-ndjson; charset=utf-8',
} as const;

export type Format = keyof typeof FORMATS;

/**
 * Writes rows to `sink` as fast as it takes them; never more than one chunk of rows is held. Rejects
 * when the database fails in the middle or the reader has gone.
 */
export async function writeRows<Row>(
  chunks: AsyncIterable<readonly Row[]>,
  columns: Columns<Row>,
  format: Format,
  sink: Writable,
): Promise<void> {
  const rows = Readable.from(projected(chunks, columns));
  if (format === 'jsonl') {
    await pipeline(rows, jsonLines, sink);
    return;
  }
  // A spreadsheet runs what begins with = + - or @; such texts get an apostrophe in front.
  const csv = stringify({
    header: true,
    columns: Object.keys(columns),
    escape_formulas: true,
    record_delimiter: 'windows',
    cast: { boolean: (value) => (value ? 'yes' : 'no') },
  });
  await pipeline(rows, csv, sink);
}

async function* projected<Row>(
  chunks: AsyncIterable<readonly Row[]>,
  columns: Columns<Row>,
): AsyncGenerator<Record<string, unknown>> {
  const entries = Object.entries(columns);
  for await (const rows of chunks) {
    for (const row of rows) {
      yield Object.fromEntries(entries.map(([name, value]) => [name, value(row)]));
    }
  }
}

async function* jsonLines(rows: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const row of rows) yield `${JSON.stringify(row)}\n`;
}

import type { Store } from '../store/open-store.js';
import { knownMigrations } from '../store/migrate.js';
import { rowsOf, tablesInOrder, type Row, type StoreKind } from './tables.js';

/** Raised when a reader of an older release could not read the lines. */
export const DUMP_FORMAT = 1;

/** One line of a dump as JSON; the last one proves that it is whole. */
export type DumpLine =
  | readonly ['dump', { readonly format: number; readonly migrations: readonly string[] }]
  | readonly ['row', string, Row]
  | readonly ['end', Readonly<Record<string, number>>];

/**
 * The whole database as one moment has it, in lines of JSON that either kind of database can load.
 * Others may read and write meanwhile.
 */
export async function writeDump(
  db: Store,
  kind: StoreKind,
  write: (text: string) => Promise<void>,
): Promise<void> {
  const transaction = db.transaction();
  const snapshot =
    kind === 'sqlite' ? transaction : transaction.setIsolationLevel('repeatable read');
  const known = await knownMigrations(db);
  const migrations = known.filter(({ done }) => done).map(({ name }) => name);
  await snapshot.execute(async (trx) => {
    await write(line(['dump', { format: DUMP_FORMAT, migrations }]));
    const counts: Record<string, number> = {};
    for (const table of (await tablesInOrder(trx, kind)).keys()) {
      counts[table] = 0;
      for await (const rows of rowsOf(trx, kind, table)) {
        counts[table] += rows.length;
        if (rows.length > 0) await write(rows.map((row) => line(['row', table, row])).join(''));
      }
    }
    await write(line(['end', counts]));
  });
}

function line(value: DumpLine): string {
  return `${JSON.stringify(value)}\n`;
}

import { type Fields, fieldsOf } from '../http/fields.js';
import { Refusal } from '../http/refusal.js';

/** What became of the rows of one table: `read` is `taken` and all that were skipped. */
export interface TableReport {
  readonly read: number;
  taken: number;
  readonly skipped: { readonly row: string; readonly reason: string }[];
}

/** Goes through the tables of somebody else's database and counts what becomes of each row. */
export class TakeoverTally {
  readonly tables: Record<string, TableReport> = {};

  constructor(private readonly given: Fields) {}

  /** `take` throws Refusal for a row that stays behind; `label` names it to the operator. */
  async each(table: string, label: string, take: (row: Fields) => Promise<void>): Promise<void> {
    const value = this.given[table];
    const rows: readonly unknown[] = Array.isArray(value) ? value : [];
    const report: TableReport = { read: rows.length, taken: 0, skipped: [] };
    this.tables[table] = report;
    for (const row of rows.map(fieldsOf)) {
      try {
        await take(row);
        report.taken++;
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        report.skipped.push({ row: JSON.stringify(row[label] ?? null), reason: error.message });
      }
    }
  }
}

/** The guid that a row of the other database has here. Throws Refusal. */
export function taken(guids: ReadonlyMap<unknown, string>, id: unknown, what: string): string {
  const guid = guids.get(id);
  if (guid === undefined) throw new Refusal(`its ${what} is not taken over`);
  return guid;
}

/** Time of a row in ms; now when it has none. */
export function timeOf(row: Fields): number {
  const at = row['created_at'];
  const time = typeof at === 'string' ? Date.parse(at) : NaN;
  return Number.isFinite(time) && time >= 0 ? time : Date.now();
}

import { type RawBuilder, sql } from 'kysely';

/** A filter that a script sends: `%` stands for anything, case does not matter. */
export function like(column: string, pattern: string): RawBuilder<boolean> {
  return sql<boolean>`lower(${sql.ref(column)}) like ${pattern.toLowerCase()}`;
}

import { type RawBuilder, sql } from 'kysely';

/**
 * Whether a text fits a pattern in which `%` stands for anything, and nothing else does: with the
 * databases' own rules `_` would stand for any one character, and PostgreSQL fails at a backslash in the end.
 */
export function fits(text: RawBuilder<unknown>, pattern: string): RawBuilder<boolean> {
  return sql<boolean>`${text} like ${pattern.replace(/[\\_]/g, '\\$&')} escape '\\'`;
}

/** A filter that a script sends: `%` stands for anything, case does not matter. */
export function like(column: string, pattern: string): RawBuilder<boolean> {
  return fits(sql`lower(${sql.ref(column)})`, pattern.toLowerCase());
}

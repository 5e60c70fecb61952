import { type RawBuilder, sql } from 'kysely';
import type { Page, Paged } from '../http/page.js';
import { fits, like } from './like.js';
import type { Store } from './open-store.js';

/**
 * How a filter compares: `id` and `word` take `%` for anything, and `word` does not mind the case; `empty` is 1
 * for what has no value and 0 for what has one.
 */
export type Comparison = 'id' | 'word' | 'number' | 'empty' | 'since' | 'until';

/** One way to narrow a list: an entry fits when one of the columns does. */
export interface Filter {
  readonly columns: readonly string[];
  readonly compare: Comparison;
}

/** What a request may narrow a list by and sort it by. */
export interface ListOrder {
  readonly filters: Readonly<Record<string, Filter>>;
  /** By the name that a request uses, the column. */
  readonly sorts: Readonly<Record<string, string>>;
}

/** What a list is made of; all of it is text of our own, never of a request. */
export interface ListShape extends ListOrder {
  /** Tables and joins. */
  readonly from: string;
  /** What is selected. */
  readonly columns: string;
  /** The order of a list that nobody asked to be sorted; the column is never null. */
  readonly column: string;
  readonly direction: Direction;
  /** A column that is different in every row, so that every order is complete. */
  readonly key: string;
}

export type Direction = 'asc' | 'desc';

/** The value of one filter. */
export interface FilterValue {
  readonly name: string;
  readonly value: string | number;
}

/** What a request wants to see of a list. Filters are checked: numbers and moments are numbers. */
export interface ListWish {
  readonly filters: readonly FilterValue[];
  /** One of the shape's sorts. */
  readonly sort?: string;
  readonly direction?: Direction;
}

/** Rows read at once for an export. */
const CHUNK = 1000;

/** The SQL of one list: a page of it, or all of it piece by piece. */
export class Listing<Row> {
  constructor(
    private readonly db: Store,
    private readonly shape: ListShape,
  ) {}

  async page(wish: ListWish, { limit, offset }: Page): Promise<Paged<Row>> {
    const { from, columns, key } = this.shape;
    const matching = sql`from ${sql.raw(from)} where ${this.#fits(wish)}`;
    const counted = await sql<{ total: number }>`select count(*) as total ${matching}`.execute(
      this.db,
    );
    const { column, direction } = this.#order(wish);
    const way = sql.raw(direction);
    const order = sql`order by ${sql.ref(column)} ${way}, ${sql.ref(key)} ${way}`;
    // what is sorted and skipped are keys alone, not whole rows
    const { rows } = await sql<Row>`
      select ${sql.raw(columns)} from ${sql.raw(from)} where ${sql.ref(key)} in (
        select ${sql.ref(key)} ${matching} ${order} limit ${limit} offset ${offset}
      ) ${order}`.execute(this.db);
    return { total: Number(counted.rows[0]?.total ?? 0), data: rows };
  }

  /** Everything that fits, in the list's own order; what is added meanwhile moves nothing. */
  async *all(wish: ListWish): AsyncGenerator<readonly Row[]> {
    const { from, columns, key, column, direction } = this.shape;
    const way = sql.raw(direction);
    let after = sql`1 = 1`;
    for (;;) {
      const { rows } = await sql<Row & Cursor>`
        select ${sql.raw(columns)}, ${sql.ref(column)} as cursor_at, ${sql.ref(key)} as cursor_key
        from ${sql.raw(from)} where ${this.#fits(wish)} and ${after}
        order by ${sql.ref(column)} ${way}, ${sql.ref(key)} ${way}
        limit ${CHUNK}`.execute(this.db);
      yield rows.map(({ cursor_at: _, cursor_key: __, ...row }) => row as unknown as Row);
      const last = rows.at(-1);
      if (last === undefined || rows.length < CHUNK) return;
      const beyond = sql.raw(direction === 'asc' ? '>' : '<');
      const at = sql.ref(column);
      after = sql`(${at} ${beyond} ${last.cursor_at} or (${at} = ${last.cursor_at}
        and ${sql.ref(key)} ${beyond} ${last.cursor_key}))`;
    }
  }

  #order({ sort, direction }: ListWish): { column: string; direction: Direction } {
    const { sorts, column, direction: usual } = this.shape;
    const wanted = sort === undefined ? column : (sorts[sort] ?? column);
    return { column: wanted, direction: direction ?? (sort === undefined ? usual : 'asc') };
  }

  #fits({ filters }: ListWish): RawBuilder<unknown> {
    const conditions = filters.flatMap(({ name, value }) => {
      const filter = this.shape.filters[name];
      if (filter === undefined) return [];
      const one = filter.columns.map((column) => compared(column, filter.compare, value));
      return [sql`(${sql.join(one, sql` or `)})`];
    });
    return conditions.length === 0 ? sql`1 = 1` : sql.join(conditions, sql` and `);
  }
}

interface Cursor {
  readonly cursor_at: string | number;
  readonly cursor_key: string | number;
}

function compared(name: string, compare: Comparison, value: string | number): RawBuilder<unknown> {
  const column = sql.ref(name);
  const isPattern = typeof value === 'string' && value.includes('%');
  switch (compare) {
    case 'since':
      return sql`${column} >= ${value}`;
    case 'until':
      return sql`${column} <= ${value}`;
    case 'empty':
      return value === 0 ? sql`${column} is not null` : sql`${column} is null`;
    case 'word': {
      const word = String(value).toLowerCase();
      return isPattern ? like(name, word) : sql`lower(${column}) = ${word}`;
    }
    default:
      return isPattern ? fits(column, value) : sql`${column} = ${value}`;
  }
}

import type { JSX, TargetedEvent } from 'preact';
import { useState } from 'preact/hooks';
import { Failure } from './failure.js';
import { Actions } from './actions.js';
import { download } from './api.js';
import type { Action } from './dialog.js';
import { messageOf, useLoad } from './load.js';
import { type Place, goTo } from './place.js';
import { type Column, type Row, Table } from './table.js';

const PAGE_SIZE = 50;

/** A way to narrow a list. */
export interface Filter {
  readonly name: string;
  readonly label: string;
  /** Finds the text anywhere in the field. */
  readonly anywhere?: boolean;
  readonly choices?: readonly (readonly [string, string])[];
}

/** What makes a list of the server a page. */
export interface List {
  readonly title: string;
  readonly about?: string;
  /** The path of the list, without a leading slash. */
  readonly path: string;
  readonly columns: readonly Column[];
  readonly filters?: readonly Filter[];
  readonly actions?: readonly Action[];
  readonly rowActions?: (row: Row) => readonly Action[];
  /** The path that writes the same list, narrowed by the same filters, as a file. */
  readonly file?: string;
  /** What to say when there is nothing at all. */
  readonly empty?: string;
  /** Stands between the heading and the list. */
  readonly Top?: () => JSX.Element;
}

interface Listed {
  readonly total: number;
  readonly data: readonly Row[];
}

/** A list of the server, narrowed and paged by it; filters and page are part of the address. */
export function ListPage({ list, place }: { list: List; place: Place }): JSX.Element {
  const filters = list.filters ?? [];
  const { value, error, reload } = useLoad<Listed | Row[]>(pathOf(list, filters, place));
  const listed = Array.isArray(value) ? { total: value.length, data: value } : value;
  return (
    <section>
      <header class="head">
        <h1>{list.title}</h1>
        <Actions actions={list.actions ?? []} done={reload} />
      </header>
      {list.about !== undefined && <p class="about">{list.about}</p>}
      {list.Top !== undefined && <list.Top />}
      {filters.length > 0 && <Filters filters={filters} place={place} />}
      {error !== '' && <Failure error={error} again={reload} />}
      {listed === undefined && error === '' && <p class="empty">Loading…</p>}
      {listed && (
        <Table
          columns={list.columns}
          rows={listed.data}
          changed={reload}
          empty={emptyText(list, place)}
          {...(list.rowActions ? { actions: list.rowActions } : {})}
        />
      )}
      {listed && <Pager total={listed.total} place={place} list={list} />}
    </section>
  );
}

function pathOf({ path }: List, filters: readonly Filter[], { query }: Place): string {
  const wanted = narrowed(filters, query);
  wanted.set('pageSize', String(PAGE_SIZE));
  wanted.set('current', query['page'] ?? '1');
  return `${path}${path.includes('?') ? '&' : '?'}${wanted.toString()}`;
}

function emptyText(list: List, { query }: Place): string {
  const isNarrowed = (list.filters ?? []).some(({ name }) => (query[name] ?? '') !== '');
  if (isNarrowed) return 'Nothing fits these filters.';
  if ((query['page'] ?? '1') !== '1') return 'There is nothing on this page any more.';
  return list.empty ?? 'There is nothing here yet.';
}

function narrowed(filters: readonly Filter[], query: Place['query']): URLSearchParams {
  const wanted = new URLSearchParams();
  for (const { name, anywhere } of filters) {
    const value = query[name] ?? '';
    if (value !== '') wanted.set(name, anywhere === true ? `%${value}%` : value);
  }
  return wanted;
}

function Filters({ filters, place }: { filters: readonly Filter[]; place: Place }): JSX.Element {
  const search = (event: TargetedEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const texts = [...data].filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    );
    goTo({ page: place.page, query: { ...place.query, page: '', ...Object.fromEntries(texts) } });
  };
  return (
    <form class="filters" onSubmit={search} onChange={search} role="search">
      {filters.map(({ name, label, choices }) => {
        const value = place.query[name] ?? '';
        return (
          <label key={name}>
            <span>{label}</span>
            {choices ? (
              <select name={name} value={value}>
                <option value="">any</option>
                {choices.map(([choice, text]) => (
                  <option key={choice} value={choice}>
                    {text}
                  </option>
                ))}
              </select>
            ) : (
              <input type="search" name={name} defaultValue={value} />
            )}
          </label>
        );
      })}
    </form>
  );
}

function Pager({ total, place, list }: { total: number; place: Place; list: List }): JSX.Element {
  const page = Number(place.query['page'] ?? '1');
  const last = Math.max(1, Math.ceil(total / PAGE_SIZE));
  const turn = (to: number) => (): void =>
    goTo({ page: place.page, query: { ...place.query, page: to === 1 ? '' : String(to) } });
  const save = async (): Promise<void> => {
    const wanted = narrowed(list.filters ?? [], place.query);
    wanted.set('format', 'csv');
    await download(`${list.file ?? ''}?${wanted.toString()}`, `${place.page}.csv`);
  };
  return (
    <p class="pager">
      <button disabled={page <= 1} onClick={turn(page - 1)} aria-label="previous page">
        ‹
      </button>
      <span>
        page {page} of {last}, {total} in all
      </span>
      <button disabled={page >= last} onClick={turn(page + 1)} aria-label="next page">
        ›
      </button>
      {list.file !== undefined && <SaveButton save={save} />}
    </p>
  );
}

/** What goes wrong with the file is said beside the button. */
function SaveButton({ save }: { save: () => Promise<void> }): JSX.Element {
  const [error, setError] = useState('');
  const run = (): void => {
    setError('');
    save().catch((failure: unknown) => setError(messageOf(failure)));
  };
  return (
    <>
      <button class="quiet" onClick={run}>
        Save as CSV
      </button>
      {error !== '' && <Failure error={error} />}
    </>
  );
}

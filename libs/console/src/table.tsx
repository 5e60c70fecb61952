import type { ComponentChildren, JSX } from 'preact';
import type { Action } from './dialog.js';
import { NOTHING, moment, plain } from './format.js';
import { RowMenu } from './row-menu.js';

/** A row as the server sends it; what a page shows of it is up to the page. */
export type Row = Readonly<Record<string, unknown>>;

/** One column of a table. */
export interface Column {
  readonly title: string;
  /** The field of a row; its plain text is shown when there is no `show`. */
  readonly field: string;
  readonly show?: (row: Row) => ComponentChildren;
}

interface TableProps {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  readonly actions?: (row: Row) => readonly Action[];
  readonly changed: () => void;
  /** What to say when there are no rows. */
  readonly empty?: string;
}

/** Rows under headings; on a narrow screen every row becomes a card. */
export function Table({ columns, rows, actions, changed, empty }: TableProps): JSX.Element {
  if (rows.length === 0) return <p class="empty">{empty ?? 'There is nothing here.'}</p>;
  return (
    <div class="wide">
      <table>
        <thead>
          <tr>
            {columns.map(({ title }) => (
              <th key={title}>{title}</th>
            ))}
            {actions && <th aria-label="What can be done" />}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={rowKey(row) ?? index}>
              {columns.map(({ title, field, show = (one) => plain(one[field]) }) => (
                <Cell key={title} title={title} shown={show(row)} />
              ))}
              {actions && (
                <td class="row-actions">
                  <RowMenu subject={subjectOf(row)} actions={actions(row)} done={changed} />
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Where rows are cards, cells with nothing in them are left out. */
function Cell({ title, shown }: { title: string; shown: ComponentChildren }): JSX.Element {
  return (
    <td data-title={title} class={shown === NOTHING ? 'nothing' : ''}>
      {shown}
    </td>
  );
}

function subjectOf({ name, id, network, from, to }: Row): string {
  const arrow = from === undefined ? undefined : `${plain(from)} → ${plain(to)}`;
  return plain(name ?? id ?? network ?? arrow ?? '').replace(NOTHING, '');
}

function rowKey({ guid }: Row): string | undefined {
  return typeof guid === 'string' ? guid : undefined;
}

/** A short word with a colour that says how good it is. */
export function Mark({ tone, text }: { tone: 'good' | 'bad' | 'dim'; text: string }): JSX.Element {
  return <span class={`mark ${tone}`}>{text}</span>;
}

/** A moment in the reader's own time, on one line; see `moment`. */
export function Moment({ at }: { at: unknown }): JSX.Element {
  return <time>{moment(at)}</time>;
}

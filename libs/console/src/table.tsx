import type { ComponentChildren, JSX } from 'preact';
import { Actions } from './actions.js';
import type { Action } from './dialog.js';
import { moment, plain } from './format.js';

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
}

/** Rows under headings; on a narrow screen every row becomes a card. */
export function Table({ columns, rows, actions, changed }: TableProps): JSX.Element {
  return (
    <div class="wide">
      <table>
        <thead>
          <tr>
            {columns.map(({ title }) => (
              <th key={title}>{title}</th>
            ))}
            {actions && <th />}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={rowKey(row) ?? index}>
              {columns.map(({ title, field, show }) => (
                <td key={title} data-title={title}>
                  {show === undefined ? plain(row[field]) : show(row)}
                </td>
              ))}
              {actions && (
                <td class="row-actions">
                  <details name="row-actions">
                    <summary aria-label="What can be done">⋯</summary>
                    <Actions actions={actions(row)} done={changed} />
                  </details>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
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

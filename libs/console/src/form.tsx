import type { JSX, TargetedSubmitEvent } from 'preact';
import { useState } from 'preact/hooks';
import { messageOf } from './load.js';
import { type Suggest, Suggested } from './suggest.js';

/** One thing that a form asks for. */
export interface Field {
  readonly name: string;
  readonly label: string;
  readonly kind?: 'text' | 'password' | 'long text' | 'yes or no';
  readonly value?: string | boolean;
  readonly hint?: string;
  readonly required?: boolean;
  /** A choice of these, by value and label. */
  readonly choices?: readonly (readonly [string, string])[];
  /** Offers what the server has. */
  readonly suggest?: Suggest;
  /** Shares a line with another one. */
  readonly half?: boolean;
  /** What the browser may fill in; nothing without it. */
  readonly autocomplete?: 'username' | 'current-password' | 'new-password' | 'one-time-code';
}

/** What was filled in, by the name of the field. */
export type Values = Readonly<Record<string, string>> & { readonly [name: string]: string };

interface FormProps {
  readonly fields: readonly Field[];
  readonly submit: string;
  readonly danger?: boolean;
  readonly run: (values: Values) => Promise<void>;
  readonly cancel?: () => void;
}

/** A form that says below its fields why the server refused it; yes or no arrive as Y and N. */
export function Form({ fields, submit, danger = false, run, cancel }: FormProps): JSX.Element {
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  const send = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const values = valuesOf(fields, new FormData(event.currentTarget));
    setBusy(true);
    setError('');
    run(values)
      .catch((failure: unknown) => setError(messageOf(failure)))
      .finally(() => setBusy(false));
  };
  return (
    <form onSubmit={send}>
      {fields.map((field) => (
        <Input key={field.name} {...field} />
      ))}
      {error !== '' && (
        <p class="error" role="alert">
          {error}
        </p>
      )}
      <p class="buttons">
        <button class={danger ? 'danger' : 'primary'} disabled={busy}>
          {submit}
        </button>
        {cancel && (
          <button type="button" onClick={cancel}>
            Cancel
          </button>
        )}
      </p>
    </form>
  );
}

function valuesOf(fields: readonly Field[], data: FormData): Values {
  const entries = fields.map(({ name, kind }): [string, string] => {
    const value = data.get(name);
    if (kind === 'yes or no') return [name, value === null ? 'N' : 'Y'];
    return [name, typeof value === 'string' ? value : ''];
  });
  return Object.fromEntries(entries);
}

function Input(field: Field): JSX.Element {
  return (
    <label class={classOf(field)}>
      <span>{field.label}</span>
      {control(field)}
      {field.hint !== undefined && <small>{field.hint}</small>}
    </label>
  );
}

function classOf({ kind, half }: Field): string {
  if (kind === 'yes or no') return 'check';
  return half === true ? 'half' : '';
}

function control(field: Field): JSX.Element {
  const { name, kind = 'text', value, required = false, choices, suggest } = field;
  if (choices !== undefined) {
    return (
      <select name={name}>
        {choices.map(([choice, label]) => (
          <option key={choice} value={choice} selected={choice === String(value ?? '')}>
            {label}
          </option>
        ))}
      </select>
    );
  }
  if (kind === 'yes or no')
    return <input type="checkbox" name={name} defaultChecked={value === true} />;
  if (suggest !== undefined) {
    return <Suggested {...{ name, required, suggest }} value={String(value ?? '')} />;
  }
  const shared = { name, required, defaultValue: String(value ?? '') };
  if (kind === 'long text') return <textarea rows={8} {...shared} />;
  const { autocomplete = 'off' } = field;
  if (kind === 'password') return <input type="password" {...{ autocomplete, ...shared }} />;
  return <input type="text" {...{ autocomplete, ...shared }} />;
}

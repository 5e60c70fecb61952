import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { type Field, Form, type Values } from './form.js';

interface DialogProps {
  readonly title: string;
  readonly close: () => void;
  readonly children: ComponentChildren;
}

/** A window over the page; Escape closes it. */
export function Dialog({ title, close, children }: DialogProps): JSX.Element {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => box.current?.showModal(), []);
  return (
    <dialog ref={box} onClose={close} aria-label={title}>
      <h2>{title}</h2>
      {children}
    </dialog>
  );
}

/** Something a person can do, after filling in its fields or confirming it. */
export interface Action {
  readonly label: string;
  /** What happens, in a sentence; shown before it happens. */
  readonly about?: string;
  readonly fields?: readonly Field[];
  readonly danger?: boolean;
  /** Resolves to a text that has to be shown, such as a token that is only seen once. */
  readonly run: (values: Values) => Promise<string | void>;
}

interface ActionDialogProps {
  /** What it is done to. */
  readonly subject?: string;
  readonly action: Action;
  readonly close: () => void;
  readonly done: (shown: string | undefined) => void;
}

/** Asks for what the action needs and runs it. */
export function ActionDialog({
  action,
  subject = '',
  close,
  done,
}: ActionDialogProps): JSX.Element {
  const run = async (values: Values): Promise<void> =>
    done((await action.run(values)) ?? undefined);
  return (
    <Dialog title={subject === '' ? action.label : `${action.label}: ${subject}`} close={close}>
      {action.about !== undefined && <p>{action.about}</p>}
      <Form
        fields={action.fields ?? []}
        submit={action.label}
        danger={action.danger ?? false}
        run={run}
        cancel={close}
      />
    </Dialog>
  );
}

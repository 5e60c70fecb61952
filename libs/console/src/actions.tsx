import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { type Action, ActionDialog, Dialog } from './dialog.js';

interface ActionsProps {
  /** What they are done to, such as the name of a row. */
  readonly subject?: string;
  readonly actions: readonly Action[];
  readonly done: () => void;
}

/** Buttons, one for each action; what an action hands out once stays until it is closed. */
export function Actions({ actions, subject = '', done }: ActionsProps): JSX.Element {
  const [open, setOpen] = useState<Action>();
  const [shown, setShown] = useState('');
  const finish = (text: string | undefined): void => {
    setOpen(undefined);
    setShown(text ?? '');
    done();
  };
  return (
    <span class="actions">
      {actions.map((action) => (
        <button
          key={action.label}
          class={action.danger === true ? 'quiet danger' : 'quiet'}
          onClick={() => setOpen(action)}
        >
          {action.label}
        </button>
      ))}
      {open && (
        <ActionDialog
          action={open}
          subject={subject}
          close={() => setOpen(undefined)}
          done={finish}
        />
      )}
      {shown !== '' && (
        <Dialog title="Keep this" close={() => setShown('')}>
          <pre class="copy">{shown}</pre>
          <p class="buttons">
            <button class="primary" onClick={() => setShown('')}>
              Close
            </button>
          </p>
        </Dialog>
      )}
    </span>
  );
}

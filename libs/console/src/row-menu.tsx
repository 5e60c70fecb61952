import type { JSX, TargetedEvent, TargetedFocusEvent, TargetedKeyboardEvent } from 'preact';
import { Actions } from './actions.js';
import type { Action } from './dialog.js';

interface RowMenuProps {
  readonly subject: string;
  readonly actions: readonly Action[];
  readonly done: () => void;
}

type Menu = HTMLDetailsElement;

/** What can be done with a row; Escape, or going elsewhere, shuts it. */
export function RowMenu({ subject, actions, done }: RowMenuProps): JSX.Element {
  const shut = (menu: Menu): void => {
    // the window of an action stands inside, and would vanish with the menu
    if (menu.querySelector('dialog[open]') === null) menu.open = false;
  };
  const left = (event: TargetedFocusEvent<Menu>): void => {
    const to = event.relatedTarget;
    if (!(to instanceof Node && event.currentTarget.contains(to))) shut(event.currentTarget);
  };
  const pressed = (event: TargetedKeyboardEvent<Menu>): void => {
    if (event.key !== 'Escape') return;
    const menu = event.currentTarget;
    shut(menu);
    if (!menu.open) menu.querySelector('summary')?.focus();
  };
  return (
    <details name="row-actions" onFocusOut={left} onKeyDown={pressed} onToggle={place}>
      <summary aria-label={`What can be done with ${subject}`}>⋯</summary>
      <Actions actions={actions} subject={subject} done={done} />
    </details>
  );
}

/** Beside its button, above or below, and outside of the table, which would cut it off. */
function place(event: TargetedEvent<Menu>): void {
  const menu = event.currentTarget;
  const list = menu.querySelector<HTMLElement>('.actions');
  if (!menu.open || list === null) return;
  const button = menu.getBoundingClientRect();
  const below = innerHeight - button.bottom;
  const isBelow = below > list.offsetHeight || below > button.top;
  list.style.top = isBelow ? `${button.bottom}px` : '';
  list.style.bottom = isBelow ? '' : `${innerHeight - button.top}px`;
  list.style.right = `${document.documentElement.clientWidth - button.right}px`;
  addEventListener('scroll', () => (menu.open = menu.querySelector('dialog[open]') !== null), {
    once: true,
  });
}

import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { call, dropToken } from './api.js';
import { sections } from './pages/pages.js';

/** What everybody sees, also who is no administrator. */
export const OWN_PAGE = 'account';

/** The menu; where there is little room it is folded away until its button is pressed. */
export function Menu({ current, all }: { current: string; all: boolean }): JSX.Element {
  const [open, setOpen] = useState(false);
  const shown = all ? sections : sections.filter(({ pages }) => OWN_PAGE in pages);
  useEffect(() => setOpen(false), [current]);
  return (
    <nav class={open ? 'open' : ''} aria-label="Pages">
      <header>
        <strong>Waystation</strong>
        <button class="unfold" aria-expanded={open} onClick={() => setOpen(!open)}>
          Menu
        </button>
      </header>
      {shown.map(({ title, pages }) => (
        <div key={title}>
          {title !== '' && <h2>{title}</h2>}
          {Object.entries(pages).map(([name, page]) => (
            <a
              key={name}
              href={`#/${name}`}
              aria-current={name === current ? 'page' : undefined}
              onClick={() => setOpen(false)}
            >
              {page.title}
            </a>
          ))}
        </div>
      ))}
      <button class="quiet" onClick={() => void signOut()}>
        Sign out
      </button>
    </nav>
  );
}

/** This tab forgets the login whatever the server says. */
async function signOut(): Promise<void> {
  try {
    await call('POST', 'api/logout', {});
  } finally {
    dropToken();
  }
}

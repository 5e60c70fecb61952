import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { call, dropToken, isSignedIn, onSignedOut } from './api.js';
import { ListPage } from './list-page.js';
import { firstPages, lists, ownPages } from './pages/pages.js';
import { type Place, usePlace } from './place.js';
import { SignIn } from './sign-in.js';

const FIRST_PAGE = 'start';

/** The whole console: sign in, then a menu and the page that the address names. */
export function App(): JSX.Element {
  const [signedIn, setSignedIn] = useState(isSignedIn());
  useEffect(() => onSignedOut(() => setSignedIn(false)), []);
  const place = usePlace();
  if (!signedIn) return <SignIn done={() => setSignedIn(true)} />;
  const shown = place.page === '' ? { ...place, page: FIRST_PAGE } : place;
  return (
    <div class="frame">
      <Menu current={shown.page} />
      <main>
        <Page place={shown} />
      </main>
    </div>
  );
}

function Page({ place }: { place: Place }): JSX.Element {
  const own = firstPages[place.page] ?? ownPages[place.page];
  if (own !== undefined) return <own.Page />;
  const list = lists[place.page];
  if (list === undefined) return <p>There is no such page.</p>;
  return <ListPage key={place.page} list={list} place={place} />;
}

function Menu({ current }: { current: string }): JSX.Element {
  return (
    <nav>
      <strong>Waystation</strong>
      {Object.entries({ ...firstPages, ...lists, ...ownPages }).map(([name, { title }]) => (
        <MenuLink key={name} name={name} title={title} current={current} />
      ))}
      <button class="quiet" onClick={() => void signOut()}>
        Sign out
      </button>
    </nav>
  );
}

function MenuLink(props: { name: string; title: string; current: string }): JSX.Element {
  const { name, title, current } = props;
  return (
    <a href={`#/${name}`} aria-current={name === current ? 'page' : undefined}>
      {title}
    </a>
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

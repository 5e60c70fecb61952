import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { isSignedIn, onSignedOut } from './api.js';
import { ListPage } from './list-page.js';
import { Menu } from './menu.js';
import { pages } from './pages/pages.js';
import { type Place, usePlace } from './place.js';
import { SignIn } from './sign-in.js';

const FIRST_PAGE = 'start';

/** The whole console: sign in, then a menu and the page that the address names. */
export function App(): JSX.Element {
  const [signedIn, setSignedIn] = useState(isSignedIn());
  useEffect(() => onSignedOut(() => setSignedIn(false)), []);
  const place = usePlace();
  const shown = place.page === '' ? { ...place, page: FIRST_PAGE } : place;
  const title = signedIn ? (pages[shown.page]?.title ?? '') : 'Sign in';
  useEffect(() => {
    document.title = title === '' ? 'Waystation' : `${title} – Waystation`;
  }, [title]);
  if (!signedIn) return <SignIn done={() => setSignedIn(true)} />;
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
  const page = pages[place.page];
  if (page === undefined) return <p>There is no such page.</p>;
  if ('Page' in page) return <page.Page key={place.page} place={place} />;
  return <ListPage key={place.page} list={page} place={place} />;
}

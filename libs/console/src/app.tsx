import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { isSignedIn, onSignedOut } from './api.js';
import { Failure } from './failure.js';
import { ListPage } from './list-page.js';
import { Invitation } from './invitation.js';
import { useLoad } from './load.js';
import type { Me } from './me.js';
import { Menu, OWN_PAGE } from './menu.js';
import { pages } from './pages/pages.js';
import { type Place, usePlace } from './place.js';
import { SignIn } from './sign-in.js';

const FIRST_PAGE = 'start';

/** The whole console: sign in, then a menu and the page that the address names. */
export function App(): JSX.Element {
  const [signedIn, setSignedIn] = useState(isSignedIn());
  useEffect(() => onSignedOut(() => setSignedIn(false)), []);
  const place = usePlace();
  const { page, query } = place;
  const isInvited = page === 'invitation';
  const title = signedIn ? (pages[page === '' ? FIRST_PAGE : page]?.title ?? '') : 'Sign in';
  useEffect(() => {
    document.title = title === '' ? 'Waystation' : `${title} – Waystation`;
  }, [title]);
  if (isInvited) return <Invitation token={query['token'] ?? ''} />;
  if (!signedIn) return <SignIn done={() => setSignedIn(true)} />;
  return <Inside place={place} />;
}

/** Administrators see everything, others their own account. */
function Inside({ place }: { place: Place }): JSX.Element {
  const { value: me, error, reload } = useLoad<Me>('api/v1/me');
  if (me === undefined) {
    return <main>{error === '' ? <p>Loading…</p> : <Failure error={error} again={reload} />}</main>;
  }
  const first = me.is_admin ? FIRST_PAGE : OWN_PAGE;
  const page = place.page === '' || !me.is_admin ? first : place.page;
  const shown = { ...place, page };
  return (
    <div class="frame">
      <Menu current={shown.page} all={me.is_admin} />
      <main>
        {me.password_change_advised && page !== OWN_PAGE && (
          <p class="notice">
            Somebody else made your password. <a href={`#/${OWN_PAGE}`}>Change it</a>.
          </p>
        )}
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

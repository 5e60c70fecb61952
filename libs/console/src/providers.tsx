import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { ApiError, call } from './api.js';
import { Failure } from './failure.js';
import { messageOf, useLoad } from './load.js';
import { type LoginAnswer, NO_DEVICE, home } from './login.js';

const CODE_KEY = 'waystation-provider';
/** The list of buttons among the ways to sign in. */
const BUTTONS = 'common-oidc/';
/** What the server says while nobody has come back from the provider. */
const WAITING = 'No authed oidc is found';

interface Provider {
  readonly name: string;
  /** SVG markup. */
  readonly icon: string | null;
}

/** A button for each identity provider; pressing it leaves this page for the provider's. */
export function Providers(): JSX.Element | null {
  const { value } = useLoad<readonly string[]>('api/login-options');
  const [error, setError] = useState('');
  const providers = providersOf(value ?? []);
  if (providers.length === 0) return null;
  return (
    <div class="providers">
      <p class="or">or</p>
      {providers.map(({ name, icon }) => (
        <button
          key={name}
          onClick={() => {
            setError('');
            begin(name).catch((failure: unknown) => setError(messageOf(failure)));
          }}
        >
          {icon !== null && <img src={`data:image/svg+xml,${encodeURIComponent(icon)}`} alt="" />}
          Sign in with {name}
        </button>
      ))}
      {error !== '' && <Failure error={error} />}
    </div>
  );
}

function providersOf(options: readonly string[]): readonly Provider[] {
  const buttons = options.find((option) => option.startsWith(BUTTONS));
  return buttons === undefined ? [] : (JSON.parse(buttons.slice(BUTTONS.length)) as Provider[]);
}

/** The code stays in this tab: only here it can be changed for a login. */
async function begin(op: string): Promise<void> {
  const body = { op, ...NO_DEVICE, apiDomain: home(), browser: true };
  const { code, url } = await call<{ code: string; url: string }>('POST', 'api/oidc/auth', body);
  sessionStorage.setItem(CODE_KEY, code);
  location.assign(url);
}

/** What became of a sign-in that this tab has begun; undefined when there is none. Throws ApiError. */
export async function backFromProvider(): Promise<LoginAnswer | undefined> {
  const code = sessionStorage.getItem(CODE_KEY);
  if (code === null) return undefined;
  sessionStorage.removeItem(CODE_KEY);
  const query = new URLSearchParams({ code, id: NO_DEVICE.id, uuid: NO_DEVICE.uuid });
  try {
    return await call<LoginAnswer>('GET', `api/oidc/auth-query?${query.toString()}`);
  } catch (failure) {
    // somebody has turned back before the provider had asked him anything
    if (failure instanceof ApiError && failure.message === WAITING) return undefined;
    throw failure;
  }
}

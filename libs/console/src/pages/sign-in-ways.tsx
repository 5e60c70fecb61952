import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { call } from '../api.js';
import { Failure } from '../failure.js';
import { messageOf, useLoad } from '../load.js';
import { Mark } from '../table.js';

interface Ways {
  readonly providers: readonly { readonly name: string; readonly issuer: string }[];
  readonly redirect_uri: string;
  readonly ldap_urls: readonly string[];
  readonly smtp_host: string;
  readonly mail_codes: string;
  readonly totp_required: string;
}

/** How people can sign in, and whether it works now. */
export function SignInWaysPage(): JSX.Element {
  const { value, error, reload } = useLoad<Ways>('api/v1/sign-in');
  return (
    <section>
      <h1>Ways to sign in</h1>
      <p class="about">They are set in the environment; see docs/accounts.md.</p>
      {error !== '' && <Failure error={error} again={reload} />}
      {value && (
        <>
          {value.providers.map(({ name, issuer }) => (
            <Way key={name} title={`Identity provider ${name}`} path={`providers/${name}`}>
              {`${issuer}, redirect address ${value.redirect_uri}`}
            </Way>
          ))}
          {value.providers.length === 0 && (
            <Way title="Identity providers">None is configured (OIDC_PROVIDERS).</Way>
          )}
          {value.ldap_urls.length === 0 ? (
            <Way title="Directory">None is configured (LDAP_URLS).</Way>
          ) : (
            <Way title="Directory" path="ldap">
              {value.ldap_urls.join(', ')}
            </Way>
          )}
          {value.smtp_host === '' ? (
            <Way title="Mail">
              No mail is sent (SMTP_HOST): codes cannot be mailed, invitations are shown.
            </Way>
          ) : (
            <Way title="Mail" path="mail">
              {`${value.smtp_host}; codes by mail: ${value.mail_codes}`}
            </Way>
          )}
          <Way title="Authenticator app">
            {`Required of: ${value.totp_required} (TOTP_REQUIRED)`}
          </Way>
        </>
      )}
    </section>
  );
}

interface WayProps {
  readonly title: string;
  /** Below `api/v1/sign-in`; without it there is nothing to test. */
  readonly path?: string;
  readonly children: string;
}

function Way({ title, path, children }: WayProps): JSX.Element {
  return (
    <div class="panel">
      <h2>{title}</h2>
      <p>{children}</p>
      {path !== undefined && <Test path={path} />}
    </div>
  );
}

interface Outcome {
  readonly works: boolean;
  readonly reason: string;
}

function Test({ path }: { path: string }): JSX.Element {
  const [outcome, setOutcome] = useState<Outcome>();
  const [busy, setBusy] = useState(false);
  const run = (): void => {
    setBusy(true);
    setOutcome(undefined);
    void call<Outcome>('POST', `api/v1/sign-in/${path}/test`)
      .catch((failure: unknown) => ({ works: false, reason: messageOf(failure) }))
      .then(setOutcome)
      .finally(() => setBusy(false));
  };
  return (
    <p class="buttons">
      <button disabled={busy} onClick={run}>
        {busy ? 'Testing…' : 'Test'}
      </button>
      <span role="status">
        {outcome && (
          <Mark
            tone={outcome.works ? 'good' : 'bad'}
            text={outcome.works ? 'works' : `does not work: ${outcome.reason}`}
          />
        )}
      </span>
    </p>
  );
}

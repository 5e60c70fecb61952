import type { JSX } from 'preact';
import { Form } from './form.js';
import type { TotpOffer } from './login.js';

interface TotpSetUpProps {
  readonly offer: TotpOffer;
  /** Gets the first code of the app. */
  readonly run: (code: string) => Promise<void>;
  readonly cancel?: () => void;
}

/** Everything that an authenticator app is set up with, and its first code. */
export function TotpSetUp({ offer, run, cancel }: TotpSetUpProps): JSX.Element {
  const field = {
    name: 'code',
    label: 'The code that the app shows',
    required: true,
    autocomplete: 'one-time-code',
  } as const;
  return (
    <>
      <img class="qr" src={offer.qr} alt="QR code that an authenticator app scans" />
      <p>
        Scan this with the app, <a href={offer.uri}>open the app</a> on this device, or type the
        secret:
      </p>
      <pre class="copy">{offer.secret}</pre>
      <Form
        fields={[field]}
        submit="Switch on"
        run={({ code = '' }) => run(code.trim())}
        {...(cancel ? { cancel } : {})}
      />
    </>
  );
}

interface RecoveryCodesProps {
  readonly codes: readonly string[];
  readonly done?: () => void;
}

/** Shown once. */
export function RecoveryCodes({ codes, done }: RecoveryCodesProps): JSX.Element {
  return (
    <>
      <p role="status">
        The second factor is on. Keep these codes; each lets you in once without the app:
      </p>
      <pre class="copy">{codes.join('\n')}</pre>
      {done && (
        <p class="buttons">
          <button class="primary" onClick={done}>
            I have kept them
          </button>
        </p>
      )}
    </>
  );
}

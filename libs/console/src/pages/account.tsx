import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { call } from '../api.js';
import { Failure } from '../failure.js';
import { Form, type Values } from '../form.js';
import { messageOf, useLoad } from '../load.js';
import type { TotpOffer } from '../login.js';
import type { Me } from '../me.js';
import { RecoveryCodes, TotpSetUp } from '../totp.js';

interface PartProps {
  readonly me: Me;
  readonly changed: () => void;
}

/** The own account: password and second factor. */
export function AccountPage(): JSX.Element {
  const { value: me, error, reload } = useLoad<Me>('api/v1/me');
  return (
    <section>
      <h1>{me === undefined ? 'My account' : me.name}</h1>
      {error !== '' && <Failure error={error} again={reload} />}
      {me && (
        <>
          <h2>Password</h2>
          <OwnPassword me={me} changed={reload} />
          <h2>Authenticator app</h2>
          <SecondFactor me={me} changed={reload} />
          {me.has_password && me.email !== '' && !me.tfa && <MailCode me={me} changed={reload} />}
        </>
      )}
    </section>
  );
}

function OwnPassword({ me, changed }: PartProps): JSX.Element {
  const [done, setDone] = useState(false);
  if (!me.has_password) return <p>It is kept elsewhere, and is changed there.</p>;
  if (done) return <p role="status">The password is changed. Every other login has ended.</p>;
  const kind = { kind: 'password', required: true } as const;
  const fields = [
    { name: 'old', label: 'The password so far', autocomplete: 'current-password', ...kind },
    { name: 'new', label: 'New password', autocomplete: 'new-password', ...kind },
  ] as const;
  const run = async (values: Values): Promise<void> => {
    await call('POST', 'api/v1/me/password', values);
    setDone(true);
    changed();
  };
  return (
    <>
      {me.password_change_advised && (
        <p class="notice">Somebody else knows your password, because he made it. Change it.</p>
      )}
      <Form fields={fields} submit="Change password" run={run} />
    </>
  );
}

function SecondFactor({ me, changed }: PartProps): JSX.Element {
  const [offer, setOffer] = useState<TotpOffer>();
  const [codes, setCodes] = useState<readonly string[]>();
  const [error, setError] = useState('');
  if (codes !== undefined) return <RecoveryCodes codes={codes} done={() => setCodes(undefined)} />;
  if (me.tfa) return <SwitchOff me={me} changed={changed} />;
  if (offer === undefined) {
    const begin = (): void => {
      call<TotpOffer>('POST', 'api/v1/me/totp/begin').then(setOffer, (failure: unknown) =>
        setError(messageOf(failure)),
      );
    };
    return (
      <>
        <p>It is off: the password alone is enough.</p>
        {error !== '' && <Failure error={error} />}
        <p>
          <button onClick={begin}>Set up an authenticator app</button>
        </p>
      </>
    );
  }
  const run = async (code: string): Promise<void> => {
    const body = { proof: offer.proof, code };
    const answer = await call<{ recovery_codes: string[] }>('POST', 'api/v1/me/totp/confirm', body);
    setOffer(undefined);
    setCodes(answer.recovery_codes);
    changed();
  };
  return <TotpSetUp offer={offer} run={run} cancel={() => setOffer(undefined)} />;
}

function SwitchOff({ me, changed }: PartProps): JSX.Element {
  if (me.tfa_required) return <p>It is on, and this account has to have it.</p>;
  const run = async (values: Values): Promise<void> => {
    await call('POST', 'api/v1/me/totp/disable', values);
    changed();
  };
  const code = { name: 'code', label: 'A code of the app', required: true };
  return (
    <>
      <p>It is on.</p>
      <Form fields={[code]} submit="Switch it off" danger run={run} />
    </>
  );
}

function MailCode({ me, changed }: PartProps): JSX.Element {
  const isOn = me.info.email_verification;
  const run = async ({ password }: Values): Promise<void> => {
    await call('PUT', 'api/v1/me/mail-code', { on: !isOn, password });
    changed();
  };
  const fields = [
    { name: 'password', label: 'Password', kind: 'password', required: true },
  ] as const;
  return (
    <>
      <h2>Codes by e-mail</h2>
      <p>
        {isOn
          ? `A code is mailed to ${me.email} when you sign in.`
          : `No code is mailed to ${me.email}.`}
      </p>
      <Form
        key={String(isOn)}
        fields={fields}
        submit={isOn ? 'Switch off' : 'Switch on'}
        run={run}
      />
    </>
  );
}

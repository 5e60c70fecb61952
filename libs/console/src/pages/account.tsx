import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { call } from '../api.js';
import { Form } from '../form.js';
import { plain } from '../format.js';
import { useLoad } from '../load.js';
import type { Row } from '../table.js';

/** The own account: password and second factor. */
export function AccountPage(): JSX.Element {
  const { value: me } = useLoad<Row>('api/v1/me');
  return (
    <section>
      <h1>{me === undefined ? 'My account' : plain(me['name'])}</h1>
      <h2>Password</h2>
      <OwnPassword />
      <h2>Second factor</h2>
      <SecondFactor />
    </section>
  );
}

function OwnPassword(): JSX.Element {
  const [changed, setChanged] = useState(false);
  if (changed) return <p role="status">The password is changed. Every other login has ended.</p>;
  const fields = [
    { name: 'old', label: 'The password so far', kind: 'password', required: true },
    { name: 'new', label: 'New password', kind: 'password', required: true },
  ] as const;
  return (
    <Form
      fields={fields}
      submit="Change password"
      run={async (values) => {
        await call('POST', 'api/v1/me/password', values);
        setChanged(true);
      }}
    />
  );
}

interface Begun {
  readonly proof: string;
  readonly secret: string;
  readonly uri: string;
}

function SecondFactor(): JSX.Element {
  const [begun, setBegun] = useState<Begun>();
  const [codes, setCodes] = useState<readonly string[]>();
  if (codes !== undefined) return <RecoveryCodes codes={codes} />;
  if (begun !== undefined) return <Confirm begun={begun} done={setCodes} />;
  const code = { name: 'code', label: 'Code of your authenticator app', required: true };
  return (
    <>
      <p>
        <button onClick={() => void call<Begun>('POST', 'api/v1/me/totp/begin').then(setBegun)}>
          Set up an authenticator app
        </button>
      </p>
      <Form
        fields={[code]}
        submit="Switch the second factor off"
        danger
        run={(values) => call('POST', 'api/v1/me/totp/disable', values)}
      />
    </>
  );
}

function Confirm(props: { begun: Begun; done: (codes: readonly string[]) => void }): JSX.Element {
  const { proof, secret, uri } = props.begun;
  const run = async (values: object): Promise<void> => {
    const body = { proof, ...values };
    const answer = await call<{ recovery_codes: string[] }>('POST', 'api/v1/me/totp/confirm', body);
    props.done(answer.recovery_codes);
  };
  return (
    <>
      <p>
        Enter this secret in your authenticator app, or <a href={uri}>open the app</a>:
      </p>
      <pre class="copy">{secret}</pre>
      <Form
        fields={[{ name: 'code', label: 'The code that the app shows', required: true }]}
        submit="Switch on"
        run={run}
      />
    </>
  );
}

function RecoveryCodes({ codes }: { codes: readonly string[] }): JSX.Element {
  return (
    <>
      <p role="status">
        The second factor is on. Keep these codes; each lets you in once without the app:
      </p>
      <pre class="copy">{codes.join('\n')}</pre>
    </>
  );
}

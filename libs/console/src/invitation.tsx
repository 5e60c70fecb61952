import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { call } from './api.js';
import { Failure } from './failure.js';
import { Form, type Values } from './form.js';
import { messageOf } from './load.js';

/** Where the link of an invitation leads: its user chooses a password. */
export function Invitation({ token }: { token: string }): JSX.Element {
  const [name, setName] = useState('');
  const [error, setError] = useState('');
  const [accepted, setAccepted] = useState(false);
  useEffect(() => {
    call<{ name: string }>('POST', 'api/v1/invitations/look', { token }).then(
      (found) => setName(found.name),
      (failure: unknown) => setError(messageOf(failure)),
    );
  }, [token]);
  return (
    <main class="sign-in">
      <h1>Waystation</h1>
      {error !== '' && (
        <>
          <Failure error={error} />
          <p>Ask the person who invited you for a new link.</p>
        </>
      )}
      {name !== '' && !accepted && (
        <ChoosePassword name={name} token={token} done={() => setAccepted(true)} />
      )}
      {accepted && (
        <>
          <p role="status">Your password is set. You sign in as {name}.</p>
          <p>
            <a href="#/">Sign in</a>
          </p>
        </>
      )}
    </main>
  );
}

interface ChooseProps {
  readonly name: string;
  readonly token: string;
  readonly done: () => void;
}

function ChoosePassword({ name, token, done }: ChooseProps): JSX.Element {
  const run = async ({ password = '', again }: Values): Promise<void> => {
    if (password !== again) throw new Error('The two passwords differ');
    await call('POST', 'api/v1/invitations/accept', { token, password });
    done();
  };
  const rest = { kind: 'password', required: true, autocomplete: 'new-password' } as const;
  const fields = [
    { name: 'password', label: 'Password', hint: 'At least 8 characters', ...rest },
    { name: 'again', label: 'Once more', ...rest },
  ];
  return (
    <>
      <p>Welcome, {name}. Choose the password of your account.</p>
      <Form fields={fields} submit="Set password" run={run} />
    </>
  );
}

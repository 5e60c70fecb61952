import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { call, keepToken } from './api.js';
import { Form, type Values } from './form.js';

/** What the server says to a name and a password. */
interface LoginAnswer {
  readonly type: string;
  readonly access_token?: string;
  readonly tfa_type?: string;
  readonly secret?: string;
  readonly user: { readonly name: string };
}

/** The console is no device that could be remembered. */
const NO_DEVICE = { id: '', uuid: '', deviceInfo: { os: 'browser', type: 'browser', name: '' } };

/** Name and password, and a code where the account wants one. */
export function SignIn({ done }: { done: () => void }): JSX.Element {
  const [step, setStep] = useState<LoginAnswer>();
  const take = (answer: LoginAnswer): void => {
    if (answer.access_token === undefined || answer.access_token === '') return setStep(answer);
    keepToken(answer.access_token);
    done();
  };
  return (
    <main class="sign-in">
      <h1>Waystation</h1>
      {step === undefined ? <Password take={take} /> : <Code step={step} take={take} />}
    </main>
  );
}

interface StepProps {
  readonly take: (answer: LoginAnswer) => void;
}

function Password({ take }: StepProps): JSX.Element {
  const run = async ({ username, password }: Values): Promise<void> => {
    const body = { type: 'account', username, password, ...NO_DEVICE };
    take(await call<LoginAnswer>('POST', 'api/login', body));
  };
  const fields = [
    { name: 'username', label: 'Name', required: true },
    { name: 'password', label: 'Password', kind: 'password', required: true },
  ] as const;
  return <Form fields={fields} submit="Sign in" run={run} />;
}

function Code({ step, take }: StepProps & { step: LoginAnswer }): JSX.Element {
  const run = async ({ code = '' }: Values): Promise<void> => {
    const { secret, user } = step;
    const byApp = step.tfa_type === 'tfa_check' ? { tfaCode: code } : {};
    const body = { type: 'email_code', verificationCode: code, secret, username: user.name };
    take(await call<LoginAnswer>('POST', 'api/login', { ...body, ...byApp, ...NO_DEVICE }));
  };
  const label =
    step.tfa_type === 'tfa_check' ? 'Code of your authenticator app' : 'Code from the e-mail';
  return <Form fields={[{ name: 'code', label, required: true }]} submit="Continue" run={run} />;
}

import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ApiError, keepToken } from './api.js';
import { Failure } from './failure.js';
import { Form, type Values } from './form.js';
import { messageOf } from './load.js';
import { type LoginAnswer, login } from './login.js';
import { Providers, backFromProvider } from './providers.js';
import { RecoveryCodes, TotpSetUp } from './totp.js';

/** What the server says shortly, in words that say what to do. */
const CLEARER: Readonly<Record<string, string>> = {
  'Wrong credentials': 'Wrong credentials: the name or the password is not right.',
  'Too many failed logins, please try again later':
    'Too many failed logins. Wait a minute and try again; after many wrong tries, wait five.',
  'The verification code is incorrect or has expired':
    'The code is incorrect or has expired. Codes of an app change every 30 seconds.',
  'wrong-2fa-code': 'The code is not right. Codes of an app change every 30 seconds.',
};

/** Name and password, or an identity provider, and a code where the account wants one. */
export function SignIn({ done }: { done: () => void }): JSX.Element {
  const [step, setStep] = useState<LoginAnswer>();
  const [problem, setProblem] = useState('');
  const take = (answer: LoginAnswer): void => {
    const isDone = (answer.access_token ?? '') !== '';
    if (!isDone || answer.recovery_codes !== undefined) return setStep(answer);
    enter(answer, done);
  };
  useEffect(() => {
    backFromProvider().then(
      (answer) => answer && take(answer),
      (failure: unknown) => setProblem(messageOf(failure)),
    );
  }, []);
  return (
    <main class="sign-in">
      <h1>Waystation</h1>
      {problem !== '' && <Failure error={problem} />}
      {step === undefined ? (
        <>
          <Password take={take} />
          <Providers />
        </>
      ) : (
        <NextStep step={step} take={take} done={done} back={() => setStep(undefined)} />
      )}
    </main>
  );
}

function enter({ access_token = '' }: LoginAnswer, done: () => void): void {
  keepToken(access_token);
  done();
}

interface StepProps {
  readonly take: (answer: LoginAnswer) => void;
}

interface NextProps extends StepProps {
  readonly step: LoginAnswer;
  readonly done: () => void;
  readonly back: () => void;
}

function NextStep({ step, take, done, back }: NextProps): JSX.Element {
  if (step.recovery_codes !== undefined) {
    return <RecoveryCodes codes={step.recovery_codes} done={() => enter(step, done)} />;
  }
  if (step.totp === undefined) return <Code step={step} take={take} back={back} />;
  const { totp, secret } = step;
  const run = async (code: string): Promise<void> =>
    take(await tried({ type: 'enrol_totp', secret, proof: totp.proof, code }));
  return (
    <>
      <p>
        This account needs an authenticator app. Set it up now; you are asked for its codes later.
      </p>
      <TotpSetUp offer={totp} run={run} cancel={back} />
    </>
  );
}

/** A step, with its refusals in clear words. */
async function tried(step: object): Promise<LoginAnswer> {
  try {
    return await login(step);
  } catch (failure) {
    if (!(failure instanceof ApiError)) throw failure;
    throw new ApiError(CLEARER[failure.message] ?? failure.message, failure.status);
  }
}

function Password({ take }: StepProps): JSX.Element {
  const run = async ({ username, password }: Values): Promise<void> =>
    take(await tried({ type: 'account', username, password }));
  const fields = [
    { name: 'username', label: 'Name', required: true, autocomplete: 'username' },
    {
      name: 'password',
      label: 'Password',
      kind: 'password',
      required: true,
      autocomplete: 'current-password',
    },
  ] as const;
  return <Form fields={fields} submit="Sign in" run={run} />;
}

function Code({ step, take, back }: Omit<NextProps, 'done'>): JSX.Element {
  const isApp = step.tfa_type === 'tfa_check';
  const run = async ({ code = '' }: Values): Promise<void> => {
    const { secret, user } = step;
    const byApp = isApp ? { tfaCode: code.trim() } : {};
    const body = { type: 'email_code', verificationCode: code.trim(), secret, username: user.name };
    take(await tried({ ...body, ...byApp }));
  };
  const field = {
    name: 'code',
    label: isApp ? 'Code of your authenticator app' : 'Code from the e-mail',
    hint: isApp ? 'Or one of your recovery codes' : `Sent to ${step.user.email ?? 'your address'}`,
    required: true,
    autocomplete: 'one-time-code',
  } as const;
  return <Form fields={[field]} submit="Continue" run={run} cancel={back} />;
}

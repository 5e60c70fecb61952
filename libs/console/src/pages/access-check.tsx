import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { call } from '../api.js';
import { Form, type Values } from '../form.js';
import { suggestDevices, suggestUsers } from '../suggest.js';
import { Mark } from '../table.js';

interface Explained {
  readonly allowed: boolean;
  readonly reason: string;
  readonly user: { readonly name: string; readonly group: string } | null;
  readonly device: { readonly id: string; readonly owner: string; readonly group: string };
  readonly control_role: {
    readonly name: string;
    readonly enabled: boolean;
    readonly permissions: Readonly<Record<string, string>>;
  } | null;
}

/** The question that operators are asked first: may this user reach that device, and why? */
export function AccessCheck(): JSX.Element {
  const [told, setTold] = useState<Explained>();
  const run = async ({ user = '', device = '' }: Values): Promise<void> => {
    setTold(undefined);
    const query = new URLSearchParams({ user, device }).toString();
    setTold(await call<Explained>('GET', `api/v1/access-rules/explain?${query}`));
  };
  const fields = [
    {
      name: 'user',
      label: 'User',
      suggest: suggestUsers,
      half: true,
      hint: 'Empty: somebody without a login',
    },
    { name: 'device', label: 'Device', suggest: suggestDevices, half: true, required: true },
  ] as const;
  return (
    <div class="panel">
      <h2>Who may reach what?</h2>
      <Form fields={fields} submit="Check" run={run} />
      {told && <Answer told={told} />}
    </div>
  );
}

function Answer({ told }: { told: Explained }): JSX.Element {
  const { allowed, reason, user, device, control_role } = told;
  const facts = [
    ['User', user === null ? 'without a login' : withGroup(user.name, user.group)],
    ['Device', withGroup(device.id, device.group)],
    ['Owner', device.owner === '' ? 'nobody' : device.owner],
    ['Control role', control_role === null ? 'none' : roleText(control_role)],
  ];
  return (
    <div role="status">
      <p>
        <Mark tone={allowed ? 'good' : 'bad'} text={allowed ? 'May connect' : 'May not connect'} />
        <br />
        {reason}.
      </p>
      <dl>
        {facts.map(([term, value]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function withGroup(name: string, group: string): string {
  return group === '' ? name : `${name}, in group ${group}`;
}

function roleText({ name, enabled, permissions }: NonNullable<Explained['control_role']>): string {
  if (!enabled) return `${name} (switched off)`;
  const rules = Object.entries(permissions).map(([permission, rule]) => `${permission}: ${rule}`);
  return `${name} (${rules.join(', ') || 'leaves all to the device'})`;
}

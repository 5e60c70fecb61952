import type { JSX, TargetedEvent } from 'preact';
import { useId, useRef, useState } from 'preact/hooks';
import { call } from './api.js';
import { plain } from './format.js';

/** A list of the server that a field offers entries of, and the field of an entry that is typed. */
export interface Suggestion {
  readonly path: string;
  readonly field: string;
}

/** What else is filled in decides, for example whether users or groups are offered. */
export type Suggest = (values: Readonly<Record<string, string>>) => Suggestion;

interface SuggestedProps {
  readonly name: string;
  readonly required: boolean;
  readonly value: string;
  readonly suggest: Suggest;
}

const MOST = '10';

/** A text field that offers what the server has; anything else may be typed as well. */
export function Suggested({ name, required, value, suggest }: SuggestedProps): JSX.Element {
  const id = useId();
  const newest = useRef(0);
  const [offers, setOffers] = useState<readonly string[]>([]);
  const look = (event: TargetedEvent<HTMLInputElement>): void => {
    const { form, value: typed } = event.currentTarget;
    const mine = ++newest.current;
    offersFor(suggest(textsOf(form)), typed).then(
      (found) => mine === newest.current && setOffers(found),
      // the field works without offers, and the form tells what is wrong
      () => setOffers([]),
    );
  };
  return (
    <>
      <input
        type="text"
        autocomplete="off"
        list={id}
        name={name}
        required={required}
        defaultValue={value}
        onFocus={look}
        onInput={look}
      />
      <datalist id={id}>
        {offers.map((offer) => (
          <option key={offer} value={offer} />
        ))}
      </datalist>
    </>
  );
}

async function offersFor({ path, field }: Suggestion, typed: string): Promise<string[]> {
  const wanted = new URLSearchParams({ [field]: `%${typed.trim()}%`, pageSize: MOST });
  const answer = await call<unknown>('GET', `${path}?${wanted.toString()}`);
  const rows = Array.isArray(answer) ? answer : (answer as { data: unknown[] }).data;
  return rows.map((row) => plain((row as Record<string, unknown>)[field]));
}

function textsOf(form: HTMLFormElement | null): Record<string, string> {
  const entries = form === null ? [] : [...new FormData(form)];
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** Fields that name a user, a group, a device or a role offer these. */
export const suggestUsers: Suggest = () => ({ path: 'api/users', field: 'name' });
export const suggestUserGroups: Suggest = () => ({ path: 'api/user-groups', field: 'name' });
export const suggestDeviceGroups: Suggest = () => ({ path: 'api/device-groups', field: 'name' });
export const suggestDevices: Suggest = () => ({ path: 'api/devices', field: 'id' });
export const suggestRoles: Suggest = () => ({ path: 'api/v1/control-roles', field: 'name' });

import type { JSX } from 'preact';
import { Actions } from '../actions.js';
import { ApiError, call } from '../api.js';
import type { Action } from '../dialog.js';
import { useLoad } from '../load.js';
import { suggestUserGroups, suggestUsers } from '../suggest.js';
import { type Row, Table } from '../table.js';
import { RIGHTS, rightText } from './address-books.js';

const TARGETS = [
  ['user', 'user'],
  ['group', 'user group'],
  ['everyone', 'everybody'],
] as const;

/** Whom an address book is shared with; shown to those who may change it. */
export function BookRules({ guid }: { guid: string }): JSX.Element | null {
  const path = `api/ab/rules?ab=${encodeURIComponent(guid)}`;
  const { value, reload } = useLoad<{ data: Row[] }>(path);
  if (value === undefined) return null;
  return (
    <section class="more">
      <header class="head">
        <h2>Shared with</h2>
        <Actions actions={[share(guid)]} done={reload} />
      </header>
      <p class="about">A rule for a user wins over one for the group, and that over everybody’s.</p>
      <Table
        columns={[
          { title: 'Who', field: 'user', show: whom },
          { title: 'May', field: 'rule', show: ({ rule }) => rightText(rule) },
        ]}
        rows={value.data.map((rule) => ({ ...rule, name: whom(rule) }))}
        actions={(rule) => [change(rule), remove(rule)]}
        changed={reload}
        empty="It is shared with nobody."
      />
    </section>
  );
}

function whom({ user, group }: Row): string {
  if (typeof user === 'string' && user !== '') return `user ${user}`;
  return typeof group === 'string' && group !== '' ? `user group ${group}` : 'everybody';
}

function share(guid: string): Action {
  return {
    label: 'Share',
    fields: [
      { name: 'target', label: 'With', choices: TARGETS, value: 'user' },
      {
        name: 'name',
        label: 'Name',
        hint: 'Not needed for everybody',
        suggest: (values) =>
          (values['target'] === 'group' ? suggestUserGroups : suggestUsers)(values),
      },
      { name: 'rule', label: 'May', choices: RIGHTS, value: '1' },
    ],
    run: async ({ target = '', name, rule }) => {
      const whose = target === 'everyone' ? {} : { [target]: named(name) };
      await call('POST', 'api/ab/rule', { guid, rule: Number(rule), ...whose });
    },
  };
}

/** Without a name the server would share the book with everybody. */
function named(name = ''): string {
  if (name.trim() === '') throw new ApiError('A name is needed', 0);
  return name.trim();
}

function change({ guid, rule }: Row): Action {
  return {
    label: 'Change',
    fields: [{ name: 'rule', label: 'May', choices: RIGHTS, value: String(rule) }],
    run: (values) => call('PATCH', 'api/ab/rule', { guid, rule: Number(values['rule']) }),
  };
}

function remove({ guid }: Row): Action {
  return {
    label: 'Stop sharing',
    about: 'They no longer see the book; a wider rule may still let them.',
    danger: true,
    run: () => call('DELETE', 'api/ab/rules', [guid]),
  };
}

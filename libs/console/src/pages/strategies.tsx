import { call } from '../api.js';
import type { Action } from '../dialog.js';
import type { Field } from '../form.js';
import { plain } from '../format.js';
import type { List } from '../list-page.js';
import { Mark, type Row } from '../table.js';

/** Settings that devices are given. */
export const strategies: List = {
  title: 'Strategies',
  about:
    'Settings that the server hands to devices. One of the device wins over one of its user, and that over one of its group.',
  path: 'api/strategies',
  columns: [
    { title: 'Name', field: 'name' },
    {
      title: 'State',
      field: 'status',
      show: ({ status }) =>
        status === 1 ? <Mark tone="good" text="on" /> : <Mark tone="dim" text="off" />,
    },
    { title: 'Settings', field: 'options', show: (row) => linesOf(row['options']) || '–' },
  ],
  actions: [add()],
  rowActions: (strategy) => [change(strategy), toggle(strategy), remove(strategy)],
};

function optionsField(options: unknown): Field {
  const hint = 'One on each line, as name=value, for example enable-file-transfer=N';
  return { name: 'options', label: 'Settings', kind: 'long text', value: linesOf(options), hint };
}

function add(): Action {
  return {
    label: 'Add strategy',
    fields: [{ name: 'name', label: 'Name', required: true }, optionsField({})],
    run: async ({ name, options = '' }) =>
      void (await call('POST', 'api/strategies', { name, options: optionsOf(options) })),
  };
}

function change(strategy: Row): Action {
  return {
    label: 'Change',
    fields: [optionsField(strategy['options'])],
    run: ({ options = '' }) =>
      call('PATCH', `api/strategies/${String(strategy['guid'])}`, { options: optionsOf(options) }),
  };
}

function toggle(strategy: Row): Action {
  const on = strategy['status'] === 1;
  return {
    label: on ? 'Switch off' : 'Switch on',
    about: 'Devices hear of it with their next heartbeat.',
    run: () => call('PUT', `api/strategies/${String(strategy['guid'])}/status`, !on),
  };
}

function remove(strategy: Row): Action {
  return {
    label: 'Delete',
    about:
      'Nobody has it any more: with their next heartbeat devices take its settings back, or get those of the next strategy that is for them.',
    danger: true,
    run: () => call('DELETE', `api/strategies/${String(strategy['guid'])}`),
  };
}

function linesOf(options: unknown): string {
  if (typeof options !== 'object' || options === null) return '';
  return Object.entries(options)
    .map(([name, value]) => `${name}=${plain(value)}`)
    .join('\n');
}

function optionsOf(lines: string): Record<string, string> {
  const pairs = lines
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line): [string, string] => {
      const [name = '', ...rest] = line.split('=');
      return [name.trim(), rest.join('=').trim()];
    });
  return Object.fromEntries(pairs);
}

import { call } from '../api.js';
import type { Action } from '../dialog.js';
import type { List } from '../list-page.js';
import { Moment, type Row } from '../table.js';

const AREAS = [
  'devices',
  'audits',
  'users',
  'groups',
  'strategies',
  'address_books',
  'recordings',
] as const;
const LEVELS = [
  ['', 'nothing'],
  ['r', 'read'],
  ['rw', 'read and change'],
] as const;

/** Tokens for scripts. */
export const tokens: List = {
  title: 'API tokens',
  about: 'For scripts. The text of a token is shown once, when it is made.',
  path: 'api/v1/tokens',
  columns: [
    { title: 'Name', field: 'name' },
    { title: 'May', field: 'scopes', show: ({ scopes }) => scopeWords(scopes) },
    { title: 'Made', field: 'created_at', show: ({ created_at }) => <Moment at={created_at} /> },
    { title: 'Last used', field: 'used_at', show: ({ used_at }) => <Moment at={used_at} /> },
    { title: 'Ends', field: 'expires_at', show: ({ expires_at }) => <Moment at={expires_at} /> },
  ],
  actions: [add()],
  rowActions: (token) => [revoke(token)],
};

function add(): Action {
  return {
    label: 'Make token',
    fields: [
      { name: 'name', label: 'Name', required: true },
      ...AREAS.map((area) => ({ name: area, label: area.replace('_', ' '), choices: LEVELS })),
    ],
    run: async ({ name, ...levels }) => {
      const scopes = Object.fromEntries(Object.entries(levels).filter(([, level]) => level !== ''));
      const { token } = await call<{ token: string }>('POST', 'api/v1/tokens', { name, scopes });
      return token;
    },
  };
}

function revoke(token: Row): Action {
  return {
    label: 'Revoke',
    about: 'Scripts that use it are refused from now on.',
    danger: true,
    run: () => call('DELETE', `api/v1/tokens/${String(token['guid'])}`),
  };
}

function scopeWords(scopes: unknown): string {
  if (typeof scopes !== 'object' || scopes === null) return '–';
  const words = Object.entries(scopes).map(([area, level]) => `${area} (${String(level)})`);
  return words.join(', ');
}

import type { List } from '../list-page.js';

/** What the api runs with. */
export const settings: List = {
  title: 'Settings',
  about:
    'Settings of the api as they are in effect. They are changed in the environment, then the service is started anew.',
  path: 'api/v1/settings',
  columns: [
    { title: 'Name', field: 'name' },
    { title: 'Value', field: 'value' },
    { title: 'Default', field: 'is_default' },
    { title: 'Meaning', field: 'meaning' },
  ],
};

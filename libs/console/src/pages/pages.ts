import type { List } from '../list-page.js';
import { alarms, connections, files, operators } from './audits.js';
import { devices } from './devices.js';
import { deviceGroups, userGroups } from './groups.js';
import { strategies } from './strategies.js';
import { tokens } from './tokens.js';
import { users } from './users.js';

/** The lists, by their name in the address; in the order of the menu. */
export const lists: Readonly<Record<string, List>> = {
  devices,
  users,
  'user-groups': userGroups,
  'device-groups': deviceGroups,
  strategies,
  connections,
  files,
  alarms,
  operators,
  tokens,
};

import type { JSX } from 'preact';
import type { List } from '../list-page.js';
import { AccountPage } from './account.js';
import { alarms, connections, files, operators } from './audits.js';
import { devices } from './devices.js';
import { deviceGroups, userGroups } from './groups.js';
import { RelayLimitsPage } from './relay-limits.js';
import { attempts, sessions } from './sessions.js';
import { relays } from './relays.js';
import { settings } from './settings.js';
import { StartPage } from './start.js';
import { strategies } from './strategies.js';
import { tokens } from './tokens.js';
import { waitingDevices } from './waiting-devices.js';
import { users } from './users.js';

/** The lists, by their name in the address; in the order of the menu. */
export const lists: Readonly<Record<string, List>> = {
  devices,
  'waiting-devices': waitingDevices,
  sessions,
  attempts,
  users,
  'user-groups': userGroups,
  'device-groups': deviceGroups,
  strategies,
  connections,
  files,
  alarms,
  operators,
  tokens,
  relays,
  settings,
};

/** A page that is no list. */
export interface OwnPage {
  readonly title: string;
  readonly Page: () => JSX.Element;
}

/** The page that is shown first, before the lists in the menu. */
export const firstPages: Readonly<Record<string, OwnPage>> = {
  start: { title: 'Start', Page: StartPage },
};

/** The other pages; in the order of the menu, behind the lists. */
export const ownPages: Readonly<Record<string, OwnPage>> = {
  'relay-limits': { title: 'Relay limits', Page: RelayLimitsPage },
  account: { title: 'My account', Page: AccountPage },
};

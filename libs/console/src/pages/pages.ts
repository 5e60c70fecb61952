import type { JSX } from 'preact';
import type { List } from '../list-page.js';
import type { Place } from '../place.js';
import { accessRules } from './access-rules.js';
import { AccountPage } from './account.js';
import { AddressBookPage } from './address-book.js';
import { addressBooks } from './address-books.js';
import { alarms, connections, files, operators } from './audits.js';
import { controlRoles } from './control-roles.js';
import { devices } from './devices.js';
import { deviceGroups, userGroups } from './groups.js';
import { recordings } from './recordings.js';
import { RelayLimitsPage } from './relay-limits.js';
import { attempts, sessions } from './sessions.js';
import { relays } from './relays.js';
import { settings } from './settings.js';
import { SignInWaysPage } from './sign-in-ways.js';
import { StartPage } from './start.js';
import { strategies } from './strategies.js';
import { tokens } from './tokens.js';
import { waitingDevices } from './waiting-devices.js';
import { users } from './users.js';

/** A page that is no list. */
export interface OwnPage {
  readonly title: string;
  readonly Page: (props: { place: Place }) => JSX.Element;
}

/** A part of the menu: pages by their name in the address. */
export interface Section {
  readonly title: string;
  readonly pages: Readonly<Record<string, List | OwnPage>>;
}

/** The menu, in its order. */
export const sections: readonly Section[] = [
  { title: '', pages: { start: { title: 'Start', Page: StartPage } } },
  {
    title: 'Devices',
    pages: {
      devices,
      'waiting-devices': waitingDevices,
      'device-groups': deviceGroups,
      strategies,
    },
  },
  {
    title: 'People',
    pages: {
      users,
      'user-groups': userGroups,
      'access-rules': accessRules,
      'control-roles': controlRoles,
      'address-books': addressBooks,
    },
  },
  {
    title: 'What happened',
    pages: { sessions, attempts, connections, files, recordings, alarms, operators },
  },
  {
    title: 'Server',
    pages: {
      relays,
      'relay-limits': { title: 'Relay limits', Page: RelayLimitsPage },
      'sign-in': { title: 'Ways to sign in', Page: SignInWaysPage },
      tokens,
      settings,
    },
  },
  { title: 'You', pages: { account: { title: 'My account', Page: AccountPage } } },
];

const inner: Section['pages'] = {
  'address-book': { title: 'Address book', Page: AddressBookPage },
};

/** Every page by its name in the address, also those that the menu does not show. */
export const pages: Section['pages'] = Object.fromEntries([
  ...sections.flatMap((section) => Object.entries(section.pages)),
  ...Object.entries(inner),
]);

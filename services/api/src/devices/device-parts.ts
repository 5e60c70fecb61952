import type { Provider } from '@nestjs/common';
import { RegistryClient } from '@waystation/bus';
import { CONFIG, LOG } from '@waystation/ops';
import { Identities, SwitchGrants as PublishedGrants } from '@waystation/state';
import { AddressBooks } from '../books/address-books.js';
import { BookEntries } from '../books/book-entries.js';
import { provide } from '../http/provide.js';
import { AccessStore } from '../store/access-store.js';
import { ConnAuditStore } from '../store/conn-audit-store.js';
import { DeviceStore } from '../store/device-store.js';
import { DisconnectStore } from '../store/disconnect-store.js';
import { NameStore } from '../store/name-store.js';
import { SwitchGrantStore } from '../store/switch-grant-store.js';
import { TokenStore } from '../store/token-store.js';
import { Assignment } from './assignment.js';
import { Deployment } from './deployment.js';
import { GenuineDevices } from './genuine-devices.js';
import { Heartbeats } from './heartbeats.js';
import { LastSeen } from './last-seen.js';
import { Panel } from './panel.js';
import { Presets } from './presets.js';
import { RegisteredDevices } from './registered-devices.js';
import { SwitchGrants } from './switch-grants.js';
import { Sysinfo } from './sysinfo.js';

/** What devices say, and what operators want of them. */
export const deviceParts: Provider[] = [
  provide(RegisteredDevices, Identities),
  provide(GenuineDevices, DeviceStore, RegisteredDevices, LOG),
  provide(Panel, AccessStore, CONFIG),
  provide(LastSeen, DeviceStore, ConnAuditStore, LOG),
  provide(Heartbeats, DeviceStore, DisconnectStore, LastSeen),
  provide(Presets, DeviceStore, NameStore, CONFIG),
  provide(Sysinfo, DeviceStore, GenuineDevices, TokenStore, Presets),
  provide(Assignment, DeviceStore, RegisteredDevices, NameStore, AddressBooks, BookEntries),
  provide(Deployment, RegisteredDevices, RegistryClient, CONFIG),
  provide(SwitchGrants, RegisteredDevices, SwitchGrantStore, PublishedGrants),
];

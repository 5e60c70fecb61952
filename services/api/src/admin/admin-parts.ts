import type { Provider } from '@nestjs/common';
import { Events, RegistryClient } from '@waystation/bus';
import { APP_INTERCEPTOR, Reflector } from '@nestjs/core';
import { CONFIG, LOG } from '@waystation/ops';
import { CloseOrders, OpsAddresses, RelaySettings, Replicas, ServerKey } from '@waystation/state';
import { TotpPolicy } from '../accounts/totp-policy.js';
import { LoginTokens } from '../accounts/login-tokens.js';
import { PublishedLogins } from '../accounts/published-logins.js';
import { ClientConfigs } from '../client-config/client-configs.js';
import { Assignment } from '../devices/assignment.js';
import { provide } from '../http/provide.js';
import { ConsoleStore } from '../store/console-store.js';
import { DeviceListStore } from '../store/device-list-store.js';
import { DeviceStore } from '../store/device-store.js';
import { DisconnectStore } from '../store/disconnect-store.js';
import { GroupStore } from '../store/group-store.js';
import { NameStore } from '../store/name-store.js';
import { SubjectStore } from '../store/subject-store.js';
import { UserListStore } from '../store/user-list-store.js';
import { UserStore } from '../store/user-store.js';
import { AuditTrail } from './audit-trail.js';
import { ConsoleAudit } from './console-audit.js';
import { DeviceAdmin } from './device-admin.js';
import { GroupAdmin } from './group-admin.js';
import { RecordingFetches } from './recording-fetches.js';
import { RelayAdmin } from './relay-admin.js';
import { RelayList } from './relay-list.js';
import { SessionEnds } from './session-ends.js';
import { SubjectNames } from './subject-names.js';
import { UserAdmin } from './user-admin.js';

/** What operators do. */
export const adminParts: Provider[] = [
  provide(SubjectNames, SubjectStore),
  provide(ConsoleAudit, ConsoleStore, SubjectNames),
  {
    provide: APP_INTERCEPTOR,
    useFactory: (reflector: Reflector, audit: ConsoleAudit, names: SubjectNames) =>
      new AuditTrail(reflector, audit, names),
    inject: [Reflector, ConsoleAudit, SubjectNames],
  },
  provide(RelayList, Replicas, OpsAddresses, CONFIG),
  provide(ClientConfigs, ServerKey, CONFIG),
  provide(
    UserAdmin,
    UserStore,
    UserListStore,
    LoginTokens,
    PublishedLogins,
    SessionEnds,
    NameStore,
    ConsoleAudit,
    TotpPolicy,
  ),
  provide(GroupAdmin, GroupStore, NameStore, ConsoleAudit),
  provide(SessionEnds, Events, CloseOrders, LOG),
  provide(RecordingFetches, ConsoleAudit),
  provide(RelayAdmin, RelaySettings, Events, SessionEnds, ConsoleAudit),
  {
    provide: DeviceAdmin,
    useFactory: (
      devices: DeviceStore,
      lists: DeviceListStore,
      disconnects: DisconnectStore,
      assignment: Assignment,
      registry: RegistryClient,
      sessions: SessionEnds,
      audit: ConsoleAudit,
    ) => new DeviceAdmin({ devices, lists, disconnects }, assignment, registry, sessions, audit),
    inject: [
      DeviceStore,
      DeviceListStore,
      DisconnectStore,
      Assignment,
      RegistryClient,
      SessionEnds,
      ConsoleAudit,
    ],
  },
];

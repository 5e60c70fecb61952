import type { Provider } from '@nestjs/common';
import { CONFIG, Health, LOG, type Log } from '@waystation/ops';
import type { ApiConfig } from '../api-config.js';
import { provide } from '../http/provide.js';
import { AccessFactsStore } from './access-facts-store.js';
import { AccessRuleStore } from './access-rule-store.js';
import { AccessSnapshotStore } from './access-snapshot-store.js';
import { AccessStore } from './access-store.js';
import { AttemptStore } from './attempt-store.js';
import { BookRuleStore } from './book-rule-store.js';
import { ControlRoleStore } from './control-role-store.js';
import { ConsoleStore } from './console-store.js';
import { DeviceListStore } from './device-list-store.js';
import { GroupStore } from './group-store.js';
import { StrategyStore } from './strategy-store.js';
import { UserListStore } from './user-list-store.js';
import { AlarmStore } from './alarm-store.js';
import { AvatarStore } from './avatar-store.js';
import { BookListStore } from './book-list-store.js';
import { BookPeerStore } from './book-peer-store.js';
import { BookStore } from './book-store.js';
import { BookTagStore } from './book-tag-store.js';
import { ChallengeStore } from './challenge-store.js';
import { ConnAuditStore } from './conn-audit-store.js';
import { DeviceStore } from './device-store.js';
import { DisconnectStore } from './disconnect-store.js';
import { EventAuditStore } from './event-audit-store.js';
import { GuardStore } from './guard-store.js';
import { Housekeeping } from './housekeeping.js';
import { Lists } from './lists.js';
import { IdentityStore } from './identity-store.js';
import { InvitationStore } from './invitation-store.js';
import { NameStore } from './name-store.js';
import { OidcLoginStore } from './oidc-login-store.js';
import { STORE, openStore } from './open-store.js';
import { PruneStore } from './prune-store.js';
import { Retention } from './retention.js';
import { SessionJoins } from './session-joins.js';
import { SessionStore } from './session-store.js';
import { StoreConnection } from './store-connection.js';
import { SubjectStore } from './subject-store.js';
import { SwitchGrantStore } from './switch-grant-store.js';
import { TokenStore } from './token-store.js';
import { UserStore } from './user-store.js';
import { Vault, openVault } from './vault.js';

/** The database, everything that speaks SQL, and the key for what is sealed in it. */
export const storeParts: Provider[] = [
  {
    provide: STORE,
    useFactory: (config: ApiConfig, log: Log) => openStore(config, log),
    inject: [CONFIG, LOG],
  },
  {
    provide: Vault,
    useFactory: (config: ApiConfig) => openVault(config),
    inject: [CONFIG],
  },
  provide(StoreConnection, STORE, Health),
  provide(AccessFactsStore, STORE),
  provide(AccessRuleStore, STORE),
  provide(AccessSnapshotStore, STORE),
  provide(AccessStore, STORE),
  provide(AlarmStore, STORE),
  provide(AvatarStore, STORE),
  provide(BookListStore, STORE),
  provide(BookPeerStore, STORE),
  provide(BookStore, STORE),
  provide(BookTagStore, STORE),
  provide(ChallengeStore, STORE),
  provide(ConnAuditStore, STORE),
  provide(DeviceStore, STORE),
  provide(DisconnectStore, STORE),
  provide(EventAuditStore, STORE),
  provide(GuardStore, STORE),
  provide(Lists, STORE),
  provide(IdentityStore, STORE),
  provide(InvitationStore, STORE),
  provide(NameStore, STORE),
  provide(OidcLoginStore, STORE),
  provide(SwitchGrantStore, STORE),
  provide(TokenStore, STORE),
  provide(AttemptStore, STORE),
  provide(BookRuleStore, STORE),
  provide(ConsoleStore, STORE),
  provide(ControlRoleStore, STORE),
  provide(DeviceListStore, STORE),
  provide(GroupStore, STORE),
  provide(PruneStore, STORE),
  provide(Retention, PruneStore, CONFIG, LOG),
  provide(SessionJoins, STORE),
  provide(SessionStore, STORE),
  provide(StrategyStore, STORE),
  provide(SubjectStore, STORE),
  provide(UserListStore, STORE),
  provide(UserStore, STORE),
  {
    provide: Housekeeping,
    useFactory: (
      connections: ConnAuditStore,
      events: EventAuditStore,
      tokens: TokenStore,
      guards: GuardStore,
      grants: SwitchGrantStore,
      oidcLogins: OidcLoginStore,
      identities: IdentityStore,
      log: Log,
    ) =>
      new Housekeeping(
        { connections, events, tokens, guards, grants, oidcLogins, identities },
        log,
      ),
    inject: [
      ConnAuditStore,
      EventAuditStore,
      TokenStore,
      GuardStore,
      SwitchGrantStore,
      OidcLoginStore,
      IdentityStore,
      LOG,
    ],
  },
];

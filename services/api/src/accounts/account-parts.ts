import type { Provider } from '@nestjs/common';
import { CONFIG, LOG, type Log } from '@waystation/ops';
import { AccessRules, ControlRoles, type Redis, Tokens } from '@waystation/state';
import type { ApiConfig } from '../api-config.js';
import { provide } from '../http/provide.js';
import { REDIS } from '../connections/connection-parts.js';
import { AccessFactsStore } from '../store/access-facts-store.js';
import { AccessSnapshotStore } from '../store/access-snapshot-store.js';
import { AlarmStore } from '../store/alarm-store.js';
import { ChallengeStore } from '../store/challenge-store.js';
import { ControlRoleStore } from '../store/control-role-store.js';
import { DeviceStore } from '../store/device-store.js';
import { GuardStore } from '../store/guard-store.js';
import { IdentityStore } from '../store/identity-store.js';
import { InvitationStore } from '../store/invitation-store.js';
import { TokenStore } from '../store/token-store.js';
import { UserStore } from '../store/user-store.js';
import { Vault } from '../store/vault.js';
import { Directory } from '../sign-in/directory.js';
import { PublicUrls } from '../sign-in/public-urls.js';
import { SmtpMailer } from '../sign-in/smtp-mailer.js';
import { AccessCheck } from './access-check.js';
import { ApiTokens } from './api-tokens.js';
import { Enrolment } from './enrolment.js';
import { FirstAdmin } from './first-admin.js';
import { LoginGuard } from './login-guard.js';
import { MailCodes } from './mail-codes.js';
import { LoginTerms } from './login-terms.js';
import { LoginTokens } from './login-tokens.js';
import { Login } from './login.js';
import { Invitations } from './invitations.js';
import { OwnMailCode } from './own-mail-code.js';
import { OwnPassword } from './own-password.js';
import { PublishedAccess } from './published-access.js';
import { PublishedLogins } from './published-logins.js';
import { PublishedRoles } from './published-roles.js';
import { SecondFactor } from './second-factor.js';
import { SecondStep } from './second-step.js';
import { TotpPolicy } from './totp-policy.js';

/** Who is who, and how one proves it. */
export const accountParts: Provider[] = [
  provide(ApiTokens, TokenStore),
  provide(LoginGuard, GuardStore, AlarmStore),
  {
    provide: PublishedLogins,
    useFactory: (tokens: TokenStore, published: Tokens, redis: Redis, log: Log) =>
      new PublishedLogins(tokens, published, redis, log),
    inject: [TokenStore, Tokens, REDIS, LOG],
  },
  provide(PublishedRoles, ControlRoleStore, ControlRoles),
  provide(PublishedAccess, AccessSnapshotStore, AccessRules, PublishedRoles, CONFIG, LOG),
  provide(TotpPolicy, CONFIG),
  {
    provide: Invitations,
    useFactory: (store: InvitationStore, mailer: SmtpMailer, urls: PublicUrls, log: Log) =>
      new Invitations(store, mailer, urls, log),
    inject: [InvitationStore, SmtpMailer, PublicUrls, LOG],
  },
  provide(AccessCheck, AccessFactsStore, CONFIG),
  provide(LoginTerms, IdentityStore, CONFIG),
  provide(LoginTokens, TokenStore, PublishedLogins, LoginTerms, CONFIG),
  provide(SecondStep, ChallengeStore, UserStore, LoginGuard, Vault),
  {
    provide: MailCodes,
    useFactory: (
      mailer: SmtpMailer,
      identities: IdentityStore,
      step: SecondStep,
      guard: LoginGuard,
      { mailCodes }: ApiConfig,
      log: Log,
    ) => new MailCodes(mailer, identities, step, guard, mailCodes, log),
    inject: [SmtpMailer, IdentityStore, SecondStep, LoginGuard, CONFIG, LOG],
  },
  {
    provide: Login,
    useFactory: (
      users: UserStore,
      devices: DeviceStore,
      identities: IdentityStore,
      guard: LoginGuard,
      tokens: LoginTokens,
      step: SecondStep,
      mailCodes: MailCodes,
      directory: Directory,
      enrolment: Enrolment,
    ) =>
      new Login(
        { users, devices, identities },
        guard,
        tokens,
        step,
        mailCodes,
        directory,
        enrolment,
      ),
    inject: [
      UserStore,
      DeviceStore,
      IdentityStore,
      LoginGuard,
      LoginTokens,
      SecondStep,
      MailCodes,
      Directory,
      Enrolment,
    ],
  },
  provide(OwnMailCode, SmtpMailer, Login, UserStore),
  provide(OwnPassword, Login, UserStore, LoginTokens),
  provide(SecondFactor, UserStore, Vault, SecondStep, TotpPolicy),
  provide(Enrolment, SecondFactor, SecondStep, TotpPolicy, PublicUrls),
  {
    provide: FirstAdmin,
    useFactory: (users: UserStore, log: Log) => new FirstAdmin(users, log),
    inject: [UserStore, LOG],
  },
];

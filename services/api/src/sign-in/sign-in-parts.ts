import type { Provider } from '@nestjs/common';
import { CONFIG, LOG, type Log } from '@waystation/ops';
import { ExternalAccounts } from '../accounts/external-accounts.js';
import { LoginTokens } from '../accounts/login-tokens.js';
import { Login } from '../accounts/login.js';
import { SessionEnds } from '../admin/session-ends.js';
import type { ApiConfig } from '../api-config.js';
import { provide } from '../http/provide.js';
import { GroupStore } from '../store/group-store.js';
import { IdentityStore } from '../store/identity-store.js';
import { NameStore } from '../store/name-store.js';
import { OidcLoginStore } from '../store/oidc-login-store.js';
import { UserListStore } from '../store/user-list-store.js';
import { UserStore } from '../store/user-store.js';
import { Vault } from '../store/vault.js';
import { Directory } from './directory.js';
import { DirectoryWatch } from './directory-watch.js';
import { OidcLogins } from './oidc-logins.js';
import { OidcProviders } from './oidc-providers.js';
import { PublicUrls } from './public-urls.js';
import { SmtpMailer } from './smtp-mailer.js';

/** Signing in elsewhere: at OpenID Connect providers and in a directory; and the mail server. */
export const signInParts: Provider[] = [
  provide(ExternalAccounts, IdentityStore, UserStore, UserListStore, NameStore, GroupStore),
  provide(PublicUrls, CONFIG),
  provide(SmtpMailer, CONFIG),
  {
    provide: Directory,
    useFactory: (config: ApiConfig, accounts: ExternalAccounts, log: Log) =>
      new Directory(config, accounts, log),
    inject: [CONFIG, ExternalAccounts, LOG],
  },
  provide(DirectoryWatch, Directory, IdentityStore, LoginTokens, SessionEnds, CONFIG, LOG),
  {
    provide: OidcProviders,
    useFactory: (config: ApiConfig, urls: PublicUrls, log: Log) =>
      new OidcProviders(config, urls, log),
    inject: [CONFIG, PublicUrls, LOG],
  },
  {
    provide: OidcLogins,
    useFactory: (
      providers: OidcProviders,
      store: OidcLoginStore,
      accounts: ExternalAccounts,
      logins: Login,
      vault: Vault,
      log: Log,
    ) => new OidcLogins(providers, store, accounts, logins, vault, log),
    inject: [OidcProviders, OidcLoginStore, ExternalAccounts, Login, Vault, LOG],
  },
];

import { directoryFaults, directoryOptions } from './directory.js';
import { oidcProviders } from './oidc-providers.js';
import { option } from './option.js';
import type { Values } from './settings.js';

const webOptions = {
  publicUrls: option.list({
    name: 'PUBLIC_URLS',
    meaning:
      'Addresses under which browsers reach the api, the main one first; empty: http:// with WAYSTATION_HOST and API_PORT. Providers of OIDC_PROVIDERS must know them with /api/oidc/callback behind',
    default: [],
    example: 'https://remote.example.org',
  }),
  corsOrigins: option.list({
    name: 'CORS_ORIGINS',
    meaning:
      'Origins of web pages elsewhere that may call the api, such as a web client; empty: none',
    default: [],
    example: 'https://client.example.org',
  }),
  headerTimeoutMs: option.duration({
    name: 'HTTP_HEADER_TIMEOUT',
    meaning: 'Longest time that the head of a request may take to arrive',
    unit: 's',
    default: 15_000,
    minMs: 100,
    maxMs: 3_600_000,
  }),
  requestTimeoutMs: option.duration({
    name: 'HTTP_REQUEST_TIMEOUT',
    meaning: 'Longest time that a whole request may take to arrive',
    unit: 's',
    default: 120_000,
    minMs: 100,
    maxMs: 3_600_000,
  }),
};

const secondFactorOptions = {
  totpRequired: option.choice({
    name: 'TOTP_REQUIRED',
    meaning:
      'Who has to have an authenticator app when signing in with a password, and sets it up in the console before the first login: who an operator has chosen, all administrators too, or everybody',
    choices: ['chosen', 'admins', 'everybody'],
    default: 'chosen',
  }),
};

const oidcOptions = {
  oidcProviders: oidcProviders({
    name: 'OIDC_PROVIDERS',
    meaning:
      'OpenID Connect providers to sign in at, as a JSON list; docs/accounts.md tells the fields',
    example:
      '[{"name":"corp","issuer":"https://login.example.org/realms/corp","clientId":"waystation","clientSecret":"…"}]',
  }),
};

const oidcLoginOptions = {
  oidcLoginLifetimeMs: option.duration({
    name: 'OIDC_LOGIN_LIFETIME',
    meaning:
      'How long after a sign-in at a provider of OIDC_PROVIDERS its logins last, however much they are used; then the provider is asked again',
    unit: 's',
    default: 30 * 24 * 3_600_000,
    minMs: 60_000,
    maxMs: 3650 * 24 * 3_600_000,
  }),
};

const mailOptions = {
  mailCodes: option.choice({
    name: 'MAIL_CODES',
    meaning:
      'Who needs a code by e-mail after the password: who has it switched on, everybody on a device that is new for him, or everybody always; never users without an address or with an authenticator app',
    choices: ['chosen', 'new-device', 'always'],
    default: 'chosen',
  }),
  smtpHost: option.text({
    name: 'SMTP_HOST',
    meaning: 'Mail server for codes and invitations; empty: no mail is sent',
    default: '',
    pattern: /^[A-Za-z0-9._:-]+$/,
    form: 'a host name or an address without a port',
    example: 'smtp.example.org',
  }),
  smtpPort: option.integer({
    name: 'SMTP_PORT',
    meaning: 'Port of the mail server',
    default: 587,
    min: 1,
    max: 65535,
  }),
  smtpTls: option.choice({
    name: 'SMTP_TLS',
    meaning:
      'How mail is protected: starttls refuses to go on without it, tls from the first byte (port 465), none in clear',
    choices: ['starttls', 'tls', 'none'],
    default: 'starttls',
  }),
  smtpUser: option.text({
    name: 'SMTP_USER',
    meaning: 'Account at the mail server; empty: none',
    default: '',
    example: 'waystation',
  }),
  smtpPassword: option.secret({
    name: 'SMTP_PASSWORD',
    meaning: 'Password of SMTP_USER',
    default: '',
    example: 'the password',
  }),
  smtpFrom: option.text({
    name: 'SMTP_FROM',
    meaning: 'Sender of the mails',
    default: '',
    pattern: /^[^\r\n]*@[^\r\n]+$/,
    form: 'an e-mail address',
    example: 'Waystation <waystation@example.org>',
  }),
  smtpCaFile: option.text({
    name: 'SMTP_CA_FILE',
    meaning: 'File with the certificates that the mail server is checked by; empty: the usual ones',
    default: '',
    example: '/etc/ssl/own-ca.pem',
  }),
};

/** The ways to sign in besides a password that is kept here. */
export const signInOptions = {
  ...webOptions,
  ...secondFactorOptions,
  ...oidcOptions,
  ...oidcLoginOptions,
  ...mailOptions,
  ...directoryOptions,
};

/** Faults that show when the settings of one way are seen together, one sentence each. */
export function checkSignIn(
  values: Values<typeof signInOptions> & { readonly host: string },
): string[] {
  return [...webFaults(values), ...mailFaults(values), ...directoryFaults(values)];
}

function webFaults({
  publicUrls,
  corsOrigins,
  oidcProviders,
  host,
}: Values<typeof webOptions & typeof oidcOptions> & { readonly host: string }): string[] {
  const faults: string[] = [];
  if (oidcProviders.length > 0 && publicUrls.length === 0 && host === '') {
    faults.push(
      'OIDC_PROVIDERS needs PUBLIC_URLS, for example PUBLIC_URLS=https://remote.example.org.',
    );
  }
  for (const text of publicUrls) {
    if (isWebAddress(text)) continue;
    faults.push(
      `PUBLIC_URLS has "${text}" but needs addresses without a slash at the end, for example PUBLIC_URLS=https://remote.example.org.`,
    );
  }
  for (const text of corsOrigins) {
    if (URL.canParse(text) && new URL(text).origin === text) continue;
    faults.push(
      `CORS_ORIGINS has "${text}" but needs origins without a path, for example CORS_ORIGINS=https://client.example.org.`,
    );
  }
  return faults;
}

function isWebAddress(text: string): boolean {
  if (!URL.canParse(text) || text.endsWith('/')) return false;
  const { protocol, search, hash } = new URL(text);
  return ['http:', 'https:'].includes(protocol) && search === '' && hash === '';
}

function mailFaults(values: Values<typeof mailOptions>): string[] {
  if (values.smtpHost === '') {
    if (values.mailCodes === 'chosen') return [];
    return ['MAIL_CODES needs a mail server, for example SMTP_HOST=smtp.example.org.'];
  }
  if (values.smtpFrom !== '') return [];
  return ['SMTP_HOST needs a sender, for example SMTP_FROM=waystation@example.org.'];
}

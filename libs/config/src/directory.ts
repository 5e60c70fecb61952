import { option } from './option.js';
import type { Values } from './settings.js';

const ldapServerOptions = {
  ldapUrls: option.list({
    name: 'LDAP_URLS',
    meaning: 'Directory servers, ldaps:// or ldap://, tried in this order; empty: no directory',
    default: [],
    example: 'ldaps://dc1.example.org,ldaps://dc2.example.org',
  }),
  ldapStartTls: option.yesNo({
    name: 'LDAP_STARTTLS',
    meaning:
      'Encrypt ldap:// connections before anything is sent; without it passwords cross in clear',
    default: true,
  }),
  ldapCaFile: option.text({
    name: 'LDAP_CA_FILE',
    meaning:
      'File with the certificates that directory servers are checked by; empty: the usual ones',
    default: '',
    example: '/etc/ssl/own-ca.pem',
  }),
  ldapBindDn: option.text({
    name: 'LDAP_BIND_DN',
    meaning: 'Whom the api searches the directory as; empty: anonymous',
    default: '',
    example: 'cn=waystation,ou=services,dc=example,dc=org',
  }),
  ldapBindPassword: option.secret({
    name: 'LDAP_BIND_PASSWORD',
    meaning: 'Password of LDAP_BIND_DN',
    default: '',
    example: 'the password',
  }),
  ldapTimeoutMs: option.duration({
    name: 'LDAP_TIMEOUT',
    meaning: 'Longest time for one sign-in at the directory; clients wait 12 s',
    unit: 's',
    default: 8000,
    minMs: 500,
    maxMs: 60_000,
  }),
  ldapRecheckMs: option.duration({
    name: 'LDAP_RECHECK',
    meaning:
      'Time between two looks whether users of the directory who are logged in would still be let in; those who would not are logged out',
    unit: 's',
    default: 15 * 60_000,
    minMs: 10_000,
    maxMs: 24 * 3_600_000,
  }),
};

const ldapEntryOptions = {
  ldapBaseDn: option.text({
    name: 'LDAP_BASE_DN',
    meaning: 'Where in the directory users are, at any depth',
    default: '',
    example: 'ou=people,dc=example,dc=org',
  }),
  ldapUserFilter: option.text({
    name: 'LDAP_USER_FILTER',
    meaning: 'Which entry is the user; {username} stands for what was typed, safely escaped',
    default: '(&(objectClass=person)(uid={username}))',
    pattern: /^\(.*\{username\}.*\)$/,
    form: 'a filter in brackets with {username} in it',
    example: '(&(objectClass=user)(sAMAccountName={username}))',
  }),
  ldapUsernameAttribute: option.text({
    name: 'LDAP_USERNAME_ATTRIBUTE',
    meaning: 'Attribute that becomes the name of the account',
    default: 'uid',
    example: 'sAMAccountName',
  }),
  ldapIdAttribute: option.text({
    name: 'LDAP_ID_ATTRIBUTE',
    meaning:
      'Attribute that never changes, by which a renamed user is known again; AD has objectGUID',
    default: 'entryUUID',
    example: 'objectGUID',
  }),
  ldapEmailAttribute: option.text({
    name: 'LDAP_EMAIL_ATTRIBUTE',
    meaning: 'Attribute with the e-mail address',
    default: 'mail',
  }),
  ldapDisplayNameAttribute: option.text({
    name: 'LDAP_DISPLAY_NAME_ATTRIBUTE',
    meaning: 'Attribute with the name that people see',
    default: 'displayName',
  }),
};

const ldapGroupOptions = {
  ldapSignUp: option.yesNo({
    name: 'LDAP_SIGN_UP',
    meaning:
      'Give users of the directory an account at their first sign-in; N: only those who have one here that an administrator made without a password',
    default: true,
  }),
  ldapGroupAttribute: option.text({
    name: 'LDAP_GROUP_ATTRIBUTE',
    meaning: "Attribute of a user's entry that lists his groups; not used with LDAP_GROUP_FILTER",
    default: 'memberOf',
  }),
  ldapGroupFilter: option.text({
    name: 'LDAP_GROUP_FILTER',
    meaning:
      'Finds the groups of a user by a search instead; {dn} and {username} stand for him, safely escaped',
    default: '',
    pattern: /^\(.*\{(dn|username)\}.*\)$/,
    form: 'a filter in brackets with {dn} or {username} in it',
    example: '(&(objectClass=groupOfNames)(member={dn}))',
  }),
  ldapGroupBaseDn: option.text({
    name: 'LDAP_GROUP_BASE_DN',
    meaning: 'Where in the directory LDAP_GROUP_FILTER searches; empty: LDAP_BASE_DN',
    default: '',
    example: 'ou=groups,dc=example,dc=org',
  }),
  ldapAllowedGroups: option.list({
    name: 'LDAP_ALLOWED_GROUPS',
    meaning:
      'Only members of one of these may sign in, names or whole DNs separated by semicolons; empty: everybody whom LDAP_USER_FILTER finds',
    separator: ';',
    default: [],
    example: 'remote-support;cn=it,ou=groups,dc=example,dc=org',
  }),
  ldapAdminGroups: option.list({
    name: 'LDAP_ADMIN_GROUPS',
    meaning:
      'Members are administrators, all others of the directory are not; empty: the directory does not decide',
    separator: ';',
    default: [],
    example: 'remote-admins',
  }),
  ldapGroups: option.list({
    name: 'LDAP_GROUPS',
    meaning:
      'Group of the directory, a colon, user group here; entries separated by semicolons, the first that fits counts',
    separator: ';',
    default: [],
    example: 'helpdesk:Support;cn=it,ou=groups,dc=example,dc=org:Operators',
  }),
};

/** Accounts in an LDAP directory. */
export const directoryOptions = {
  ...ldapServerOptions,
  ...ldapEntryOptions,
  ...ldapGroupOptions,
};

/** Faults that show when several of them are seen together, one sentence each. */
export function directoryFaults(values: Values<typeof directoryOptions>): string[] {
  const { ldapUrls, ldapBaseDn, ldapBindDn, ldapBindPassword, ldapGroups } = values;
  const faults = ldapUrls
    .filter((text) => !/^ldaps?:\/\/[^/\s]+\/?$/.test(text))
    .map(
      (text) =>
        `LDAP_URLS has "${text}" but needs addresses such as LDAP_URLS=ldaps://dc1.example.org.`,
    );
  if (ldapUrls.length > 0 && ldapBaseDn === '') {
    faults.push('LDAP_URLS needs LDAP_BASE_DN, for example LDAP_BASE_DN=dc=example,dc=org.');
  }
  if (ldapBindDn !== '' && ldapBindPassword === '') {
    faults.push('LDAP_BIND_DN needs LDAP_BIND_PASSWORD or LDAP_BIND_PASSWORD_FILE.');
  }
  for (const entry of ldapGroups) {
    if (/^.+:[^:]+$/.test(entry)) continue;
    faults.push(
      `LDAP_GROUPS has "${entry}" but needs a colon in each entry, for example LDAP_GROUPS=helpdesk:Support.`,
    );
  }
  return faults;
}

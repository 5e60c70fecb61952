import { accessRulesOption } from './access.js';
import { checkUrl } from './address-forms.js';
import { requireDeploymentOption } from './enrolment.js';
import { option } from './option.js';
import { settings } from './settings.js';
import { checkSignIn, signInOptions } from './sign-in.js';
import { sharedOptions } from './shared.js';

const DAY_MS = 86_400_000;

const storeOptions = {
  dataDir: option.text({
    name: 'WAYSTATION_DATA_DIR',
    meaning: 'Folder of the embedded database, of the key that seals stored secrets, of recordings',
    default: 'data',
    example: '/data',
  }),
  databaseUrl: option.secret({
    name: 'DATABASE_URL',
    meaning:
      'PostgreSQL that holds the accounts, needed for more than one api replica; empty: one SQLite file in the data folder',
    default: '',
    pattern: /^postgres(ql)?:\/\/\S+$/,
    form: 'an address that begins with postgres://',
    check: checkUrl,
    example: 'postgres://waystation:password@10.0.0.5:5432/waystation',
  }),
  databaseConnections: option.integer({
    name: 'DATABASE_CONNECTIONS',
    meaning: 'Most connections that one replica opens to PostgreSQL',
    default: 10,
    min: 1,
    max: 1000,
  }),
  dataKey: option.secret({
    name: 'DATA_KEY',
    meaning:
      'Key that seals secrets in the database, any long random text; empty: a key file in the data folder, made when missing',
    default: '',
    pattern: /^.{16,}$/,
    form: '16 characters or more',
    example: 'the output of openssl rand -base64 32',
  }),
};

const accountOptions = {
  loginLifetimeMs: option.duration({
    name: 'LOGIN_LIFETIME',
    meaning: 'How long a login lasts without any use',
    unit: 's',
    default: 90 * DAY_MS,
    minMs: 60_000,
    maxMs: 3650 * DAY_MS,
  }),
  addressBook: option.choice({
    name: 'ADDRESS_BOOK',
    meaning:
      'Which address books clients see: personal and shared ones, or the single list of old clients',
    choices: ['shared', 'legacy'],
    default: 'shared',
  }),
  maxPeersPerBook: option.integer({
    name: 'MAX_PEERS_PER_BOOK',
    meaning: 'Most devices in one address book; 0: no limit',
    default: 0,
    min: 0,
    max: 1_000_000,
  }),
  accessibleDevices: option.yesNo({
    name: 'ACCESSIBLE_DEVICES',
    meaning: 'Show clients the panel of devices and users that they may access',
    default: true,
  }),
  unassignedDevices: option.choice({
    name: 'UNASSIGNED_DEVICES',
    meaning: 'Whether everybody who is logged in may access devices without owner and group',
    choices: ['allow', 'deny'],
    default: 'allow',
  }),
  accessRules: accessRulesOption,
  adminsAccessAll: option.yesNo({
    name: 'ADMINS_ACCESS_ALL',
    meaning: 'Administrators may access every device, whatever the groups say',
    default: true,
  }),
};

const deviceOptions = {
  presets: option.yesNo({
    name: 'DEVICE_PRESETS',
    meaning:
      'Believe owner, group, strategy and note that a custom client brings along, where none is set yet',
    default: false,
  }),
  requireDeployment: requireDeploymentOption,
  recordings: option.yesNo({
    name: 'RECORDINGS',
    meaning: 'Accept recordings of sessions that devices upload',
    default: false,
  }),
  recordingMaxMegabytes: option.integer({
    name: 'RECORDING_MAX_MEGABYTES',
    meaning: 'Size at which one recording is cut off',
    default: 2048,
    min: 1,
    max: 1_000_000,
    unit: 'MB',
  }),
  recordingRetentionMs: option.duration({
    name: 'RECORDING_RETENTION',
    meaning: 'How long recordings are kept after they were written; 0: no limit',
    unit: 's',
    default: 90 * DAY_MS,
    maxMs: 3650 * DAY_MS,
  }),
  recordingLimitGigabytes: option.integer({
    name: 'RECORDING_LIMIT_GIGABYTES',
    meaning: 'Size of all recordings together above which the oldest go; 0: no limit',
    default: 20,
    min: 0,
    max: 1_000_000,
    unit: 'GB',
  }),
};

const recordOptions = {
  recordRetentionMs: option.duration({
    name: 'RECORD_RETENTION',
    meaning: 'How long attempts and sessions are kept; 0: no limit',
    unit: 's',
    default: 90 * DAY_MS,
    maxMs: 3650 * DAY_MS,
  }),
  recordLimit: option.integer({
    name: 'RECORD_LIMIT',
    meaning: 'Most attempts, and most sessions, that are kept; 0: no limit',
    default: 1_000_000,
    min: 0,
    max: 1_000_000_000,
  }),
  auditRetentionMs: option.duration({
    name: 'AUDIT_RETENTION',
    meaning:
      'How long reports of devices about connections, files and alarms, and what operators did, are kept; 0: no limit',
    unit: 's',
    default: 365 * DAY_MS,
    maxMs: 3650 * DAY_MS,
  }),
  auditLimit: option.integer({
    name: 'AUDIT_LIMIT',
    meaning: 'Most entries that are kept of each of these; 0: no limit',
    default: 1_000_000,
    min: 0,
    max: 1_000_000_000,
  }),
};

/** Settings of the api. */
export const apiSettings = settings({
  service: 'api',
  meaning: 'What clients and operators call over HTTP',
  options: {
    ...sharedOptions,
    port: option.integer({
      name: 'API_PORT',
      flags: ['-p', '--port'],
      meaning: 'HTTP port; clients expect it two below the main port',
      default: 21114,
      min: 1,
      max: 65535,
    }),
    basePath: option.text({
      name: 'API_BASE_PATH',
      meaning: 'Path in front of every request that the reverse proxy does not take away',
      default: '',
      pattern: /^(\/[A-Za-z0-9._~-]+)+$/,
      form: 'a path such as /rd, with a slash at its beginning and none at its end',
      example: '/rd',
    }),
    ...storeOptions,
    ...accountOptions,
    ...signInOptions,
    ...deviceOptions,
    ...recordOptions,
  },
  check: checkSignIn,
});

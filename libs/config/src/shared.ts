import { checkAddress, isNetwork } from './address-forms.js';
import { option } from './option.js';
import { parseRedisAddress } from './redis-address.js';

const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;

/** What every service reads; spread into each service's own options. */
export const sharedOptions = {
  redisUrl: option.secret({
    name: 'REDIS_URL',
    meaning:
      'Redis that all services share: redis://, or rediss:// for TLS, with password and database number if needed; redis+sentinel:// for a primary that Sentinels watch (see operations.md)',
    default: 'redis://127.0.0.1:6379',
    check: parseRedisAddress,
    example: 'redis://:password@10.0.0.5:6379/0',
  }),
  host: option.text({
    name: 'WAYSTATION_HOST',
    meaning:
      'Public name or address of this server, as clients reach it; empty: what the machine believes it is',
    default: '',
    pattern: /^[A-Za-z0-9._:[\]-]+$/,
    form: 'a host name or an address, without a scheme and without a path',
    example: 'remote.example.org',
  }),
  bind: option.text({
    name: 'BIND',
    flags: ['-b', '--bind'],
    meaning: 'The one address to listen on; empty: all, IPv4 and IPv6',
    default: '',
    check: checkAddress,
    example: '192.0.2.10',
  }),
  trustedProxies: option.list({
    name: 'TRUSTED_PROXIES',
    meaning:
      'Networks whose forwarded-for headers and PROXY lines are believed, separated by commas; empty: nobody',
    default: [],
    isEntry: isNetwork,
    entryForm: 'an address or a network',
    example: '10.0.0.0/8,192.0.2.7',
  }),
  logLevel: option.choice({
    name: 'LOG_LEVEL',
    aliases: ['RUST_LOG'],
    meaning: 'The least serious messages that are logged',
    choices: LOG_LEVELS,
    default: 'info',
  }),
  logFormat: option.choice({
    name: 'LOG_FORMAT',
    meaning: 'How a log line is written: json for machines, readable for people',
    choices: ['json', 'readable'],
    default: 'readable',
  }),
  opsPort: option.integer({
    name: 'OPS_PORT',
    meaning:
      'Port of /healthz, /readyz and /metrics, never to be published; 0: any free one, so that replicas can share a machine',
    default: 0,
    min: 0,
    max: 65535,
  }),
  opsBind: option.text({
    name: 'OPS_BIND',
    meaning: 'Address that the ops port listens on',
    default: '127.0.0.1',
    check: checkAddress,
    example: '0.0.0.0',
  }),
  opsAdvertise: option.text({
    name: 'OPS_ADVERTISE',
    meaning:
      'Name or address under which the collector of metrics reaches the ops port; empty: OPS_BIND, or the first address of the machine when that is all of them',
    default: '',
    pattern: /^[A-Za-z0-9._:-]+$/,
    form: 'a host name or an address without a port',
    example: '10.0.0.5',
  }),
  metricsToken: option.secret({
    name: 'METRICS_TOKEN',
    meaning:
      'Who reads /metrics, /series and /sd of the ops port must send this as bearer token; empty: nothing is asked',
    default: '',
    pattern: /^[A-Za-z0-9._~+/=-]{16,}$/,
    form: '16 characters or more of letters, digits and ._~+/=-',
    example: 'the output of openssl rand -hex 32',
  }),
  runDir: option.text({
    name: 'RUN_DIR',
    meaning:
      'Folder where each replica writes down its process and ops port for the health check; empty: none is written',
    default: '',
    example: '/run/waystation',
  }),
  stopTimeoutMs: option.duration({
    name: 'STOP_TIMEOUT',
    meaning: 'Longest time that a service takes to end after it was told to',
    unit: 's',
    default: 10_000,
    minMs: 100,
    maxMs: 86_400_000,
  }),
  leaveDeadNetwork: option.yesNo({
    name: 'LEAVE_DEAD_NETWORK',
    meaning:
      'End when no network interface is left but loopback, so that a container whose network owner died is restarted into the new network; for containers that share a network',
    default: false,
  }),
};

import {
  checkIpv4Network,
  checkPlace,
  checkUrl,
  familyOf,
  isNetwork,
  isPlace,
} from './address-forms.js';
import { accessRulesOption } from './access.js';
import { option } from './option.js';
import { REGION_NAME, regionOption } from './region.js';
import { settings } from './settings.js';
import { sharedOptions } from './shared.js';

/** What needs the accounts of the api; off, nothing changes for operators without them. */
const accountOptions = {
  mustLogin: option.choice({
    name: 'MUST_LOGIN',
    flags: ['--must-login'],
    meaning:
      'Who may connect to a device: everybody (off), nobody with a login that is over (optional), only who is logged in (required)',
    choices: ['off', 'optional', 'required'],
    synonyms: { n: 'off', no: 'off', y: 'required', yes: 'required' },
    default: 'off',
  }),
  accessRules: accessRulesOption,
  oldCallees: option.choice({
    name: 'OLD_CLIENTS_WITH_ROLE',
    meaning:
      'What becomes of a caller whose control role denies something, on a device whose client is too old (before 1.4.5) to keep to it: refuse, or connect without those limits',
    choices: ['refuse', 'connect'],
    default: 'refuse',
  }),
  sessionTracking: option.yesNo({
    name: 'SESSION_TRACKING',
    meaning:
      'Ask clients that are logged in to keep a connection open while their session lives, so that its end is recorded',
    default: false,
  }),
  httpProxyTarget: option.text({
    name: 'HTTP_PROXY_TARGET',
    meaning:
      'The api, for clients that reach only the main port: their calls are handed on to it; empty: they are not. With Compose and `npm start` the api of the stack',
    default: '',
    pattern: /^https?:\/\/[^\s?#]+$/,
    form: 'an address that begins with http:// or https://, without a query',
    check: checkUrl,
    example: 'http://127.0.0.1:21114',
  }),
  httpProxyPerSource: option.integer({
    name: 'HTTP_PROXY_PER_SOURCE',
    meaning: 'Calls one address may have handed on to the api; 0: no limit',
    unit: 'per minute',
    default: 600,
    min: 0,
  }),
};

/** Settings of the rendezvous. */
export const rendezvousSettings = settings({
  service: 'rendezvous',
  meaning: 'Presence, NAT test, hole punching and relay signalling',
  options: {
    ...sharedOptions,
    port: option.integer({
      name: 'PORT',
      flags: ['-p', '--port'],
      meaning: 'Main port p, UDP and TCP; p-1 (TCP) and p+2 (WebSocket) are opened as well',
      default: 21116,
      min: 3,
      max: 65533,
    }),
    relayServers: option.list({
      name: 'RELAY_SERVERS',
      flags: ['-r', '--relay-servers'],
      meaning: 'Relays to hand out instead of those that announce themselves, separated by commas',
      default: [],
      isEntry: isPlace,
      entryForm: 'a host or a host and its port',
      example: 'relay-1.example.org,relay-2.example.org:21117',
    }),
    region: regionOption,
    regionNetworks: option.list({
      name: 'REGION_NETWORKS',
      meaning:
        'Networks whose clients are in a region of their own, as network=region, separated by commas; all others are in WAYSTATION_REGION',
      default: [],
      example: '10.1.0.0/16=eu-west,10.2.0.0/16=us-east',
    }),
    receiveBufferBytes: option.integer({
      name: 'RMEM',
      flags: ['-M', '--rmem'],
      meaning: 'UDP receive buffer; 0: what the system gives',
      unit: 'bytes',
      default: 0,
      min: 0,
      max: 2 ** 30,
    }),
    mask: option.text({
      name: 'MASK',
      flags: ['--mask'],
      meaning: 'IPv4 network that counts as local',
      default: '',
      check: checkIpv4Network,
      example: '192.168.0.0/16',
    }),
    localIp: option.text({
      name: 'LOCAL_IP',
      meaning: 'Relay address handed to peers inside MASK; empty: found out when MASK is set',
      default: '',
      pattern: /^[A-Za-z0-9._:[\]-]+$/,
      form: 'a host name or an address',
      example: '192.168.1.10',
    }),
    alwaysUseRelay: option.yesNo({
      name: 'ALWAYS_USE_RELAY',
      meaning: 'Send every session over a relay',
      default: false,
    }),
    serial: option.integer({
      name: 'SERIAL',
      flags: ['-s', '--serial'],
      meaning:
        'Serial of the server list sent to clients with an older one (legacy); 0: never sent',
      default: 0,
      min: 0,
      max: 2 ** 31 - 1,
    }),
    rendezvousServers: option.list({
      name: 'RENDEZVOUS_SERVERS',
      flags: ['-R', '--rendezvous-servers'],
      meaning: 'Server list sent along with SERIAL (legacy), separated by commas',
      default: [],
      isEntry: isPlace,
      entryForm: 'a host or a host and its port',
      example: 'id.example.org',
    }),
    secureTcpDelayMs: option.duration({
      name: 'SECURE_TCP_DELAY_MS',
      meaning: 'Silence of a client on TCP after which it is offered an encrypted channel',
      unit: 'ms',
      default: 400,
      maxMs: 15_000,
    }),
    keepAliveMs: option.duration({
      name: 'WS_KEEP_ALIVE',
      meaning: 'Keep-alive that devices registered over TCP or WebSocket are told',
      unit: 's',
      default: 30_000,
      minMs: 1000,
      maxMs: 300_000,
    }),
    heartbeatMs: option.duration({
      name: 'WS_HEARTBEAT',
      meaning:
        'Time between two heartbeats to such a device; three without an echo end its connection',
      unit: 's',
      default: 20_000,
      minMs: 100,
      maxMs: 300_000,
    }),
    silentAfterMs: option.duration({
      name: 'PEER_SILENT_AFTER',
      meaning: 'A device that registered by UDP is offline after so long without a heartbeat',
      unit: 's',
      default: 30_000,
      minMs: 500,
      maxMs: 300_000,
    }),
    idleMs: option.duration({
      name: 'SIGNAL_IDLE',
      meaning: 'A client connection without a registration ends after so long without a message',
      unit: 's',
      default: 30_000,
      minMs: 500,
      maxMs: 300_000,
    }),
    relayCheckMs: option.duration({
      name: 'RELAY_CHECK',
      meaning:
        'Time between two health checks of the relays in RELAY_SERVERS, when there are several',
      unit: 's',
      default: 3000,
      minMs: 100,
      maxMs: 60_000,
    }),
    udpPunch: option.yesNo({
      name: 'UDP_PUNCH',
      meaning:
        'Take part in direct connections over UDP between clients that have them switched on',
      default: false,
    }),
    ipv6Passthrough: option.yesNo({
      name: 'IPV6_PASSTHROUGH',
      meaning: 'Pass the IPv6 endpoint that a client names for itself on to its partner',
      default: true,
    }),
    gateways: option.list({
      name: 'GATEWAY_ADDRESSES',
      meaning:
        'Sources that stand for clients hidden by our own network and are always relayed: auto for the default gateway, addresses, or none',
      default: ['auto'],
      isEntry: (entry) => ['auto', 'none'].includes(entry) || familyOf(entry) !== undefined,
      entryForm: 'auto, none or an address',
      example: 'auto',
    }),
    proxyProtocol: option.yesNo({
      name: 'PROXY_PROTOCOL',
      meaning:
        'Demand a PROXY protocol line on the TCP ports; only TRUSTED_PROXIES may connect then',
      default: false,
    }),
    punchPerSource: option.integer({
      name: 'PUNCH_PER_SOURCE',
      meaning:
        'Connection attempts one address may make; wide, because a whole office may sit behind it; 0: no limit',
      unit: 'per minute',
      default: 600,
      min: 0,
    }),
    punchBurstPerSource: option.integer({
      name: 'PUNCH_BURST_PER_SOURCE',
      meaning: 'Connection attempts one address may make at once after a pause',
      default: 200,
      min: 1,
    }),
    punchPerTarget: option.integer({
      name: 'PUNCH_PER_TARGET',
      meaning: 'Connection attempts towards one device, whoever makes them; 0: no limit',
      unit: 'per minute',
      default: 30,
      min: 0,
    }),
    onlinePerSource: option.integer({
      name: 'ONLINE_PER_SOURCE',
      meaning: 'Online queries one address may make, wide for the same reason; 0: no limit',
      unit: 'per minute',
      default: 1200,
      min: 0,
    }),
    wrongKeyLimit: option.integer({
      name: 'WRONG_KEY_LIMIT',
      meaning:
        'Wrong keys from one address within ten minutes that are answered; later ones are hung up on for ten minutes; 0: all are answered',
      default: 20,
      min: 0,
    }),
    connectionsPerAddress: option.integer({
      name: 'SIGNAL_CONNECTIONS_PER_ADDRESS',
      meaning:
        'Connections to p and p+2 that one address may hold, each port; wide, because devices behind one office address may register over TCP; 0: no limit',
      default: 8192,
      min: 0,
    }),
    natConnectionsPerAddress: option.integer({
      name: 'NAT_CONNECTIONS_PER_ADDRESS',
      meaning: 'Connections to p-1 that one address may hold; 0: no limit',
      default: 512,
      min: 0,
    }),
    ...accountOptions,
    selfTest: option.text({
      name: 'TEST_HBBS',
      meaning:
        'Address that the start-up self test sends its datagram to; no: no self test; empty: the own port on loopback',
      default: '',
      pattern: /^(no|[A-Za-z0-9._:[\]-]+:\d{1,5})$/i,
      form: 'no, or an address with a port',
      check: (text) => text.toLowerCase() === 'no' || checkPlace(text),
      example: '127.0.0.1:21116',
    }),
  },
  check: ({ heartbeatMs, keepAliveMs, regionNetworks }) => [
    ...(heartbeatMs > keepAliveMs
      ? [
          'WS_HEARTBEAT is longer than WS_KEEP_ALIVE, so every device would hang up; for example WS_HEARTBEAT=20 with WS_KEEP_ALIVE=30.',
        ]
      : []),
    ...regionNetworks.filter((entry) => !isRegionNetwork(entry)).map(badRegionNetwork),
  ],
});

function isRegionNetwork(entry: string): boolean {
  const [network = '', region = '', ...more] = entry.split('=');
  return isNetwork(network) && REGION_NAME.test(region) && more.length === 0;
}

function badRegionNetwork(entry: string): string {
  return `REGION_NETWORKS holds "${entry}", which is not a network and a region; for example 10.1.0.0/16=eu-west.`;
}

import { checkPortRange } from './address-forms.js';
import { option } from './option.js';
import { regionOption } from './region.js';
import { settings } from './settings.js';
import { sharedOptions } from './shared.js';

/** Settings of the relay. */
export const relaySettings = settings({
  service: 'relay',
  meaning: 'Joins the two legs of a session and moves bytes',
  options: {
    ...sharedOptions,
    port: option.integer({
      name: 'PORT',
      flags: ['-p', '--port'],
      // upstream's hbbr does this so that one PORT serves both of its programs
      meaning:
        'The relay listens on the next port above PORT and on the third above it (WebSocket); a flag names the relay port itself',
      environmentOffset: 1,
      default: 21117,
      defaultText: '21116, that is port 21117',
      min: 1,
      max: 65533,
      example: '21116',
    }),
    key: option.secret({
      name: 'KEY',
      flags: ['-k', '--key'],
      meaning:
        "Key that clients must know: - for the server's own, a secret key of 64 bytes in base64 for its public half, any other text as it is, empty for no check (an open relay)",
      default: '-',
      emptyIsValue: true,
      example: '-',
    }),
    proxyProtocol: option.yesNo({
      name: 'PROXY_PROTOCOL',
      meaning:
        'Demand a PROXY protocol header on both ports; only TRUSTED_PROXIES may connect then',
      default: false,
    }),
    connectionsPerAddress: option.integer({
      name: 'RELAY_CONNECTIONS_PER_ADDRESS',
      meaning:
        'Connections one address may hold, each port; wide, because a whole office may sit behind one address; 0: no limit',
      default: 2048,
      min: 0,
    }),
    waitingPerAddress: option.integer({
      name: 'RELAY_WAITING_PER_ADDRESS',
      meaning: 'Legs of one address that may wait for their partner; 0: no limit',
      default: 64,
      min: 0,
    }),
    waitingTotal: option.integer({
      name: 'RELAY_WAITING_TOTAL',
      meaning: 'Legs that may wait for their partner on one replica; 0: no limit',
      default: 10_000,
      min: 0,
    }),
    sessionsPerAddress: option.integer({
      name: 'RELAY_SESSIONS_PER_ADDRESS',
      meaning:
        'Legs of one address that may be in running sessions of one replica; a session between two clients of the address counts twice; 0: no limit',
      default: 1024,
      min: 0,
    }),
    joinMs: option.duration({
      name: 'RELAY_JOIN_TIME',
      meaning: 'Time for the first message of a connection',
      unit: 's',
      default: 30_000,
      minMs: 100,
      maxMs: 300_000,
    }),
    waitMs: option.duration({
      name: 'RELAY_WAIT_TIME',
      meaning: 'Time that the first leg of a session waits for the second',
      unit: 's',
      default: 30_000,
      minMs: 100,
      maxMs: 300_000,
    }),
    idleMs: option.duration({
      name: 'RELAY_IDLE_TIME',
      meaning: 'A session without a byte from either side ends after so long, or up to 3 s later',
      unit: 's',
      default: 30_000,
      minMs: 100,
      maxMs: 86_400_000,
    }),
    drainMs: option.duration({
      name: 'WAYSTATION_DRAIN_SECONDS',
      meaning:
        'Time that running sessions get to end on their own when the relay is told to end; a container needs a longer grace period than this',
      unit: 's',
      default: 300_000,
      maxMs: 86_400_000,
    }),
    tickets: option.yesNo({
      name: 'WAYSTATION_RELAY_TICKETS',
      meaning:
        'Join only sessions that a rendezvous of this installation has announced; no for a relay that other servers use as well',
      default: true,
    }),
    pump: option.choice({
      name: 'WAYSTATION_RELAY_PUMP',
      meaning:
        'Have the kernel move the bytes of TCP sessions; auto copies them in Node where it cannot, off always does',
      choices: ['auto', 'off'],
      default: 'auto',
    }),
    region: regionOption,
    linkHost: option.text({
      name: 'WAYSTATION_RELAY_LINK_HOST',
      meaning:
        'Internal address by which relays on other hosts reach this one; empty: relays of this host only, over loopback',
      default: '',
      pattern: /^[A-Za-z0-9._:[\]-]+$/,
      form: 'a host name or an address, without a port',
      example: '10.0.0.5',
    }),
    linkPorts: option.text({
      name: 'WAYSTATION_RELAY_LINK_PORT',
      meaning:
        'Port for links between relays, one per replica, never to be published: a port, a range of which each replica takes a free one, or 0 for any',
      default: '0',
      check: checkPortRange,
      example: '21200-21231',
    }),
    singleBandwidthMbit: option.number({
      name: 'SINGLE_BANDWIDTH',
      meaning: 'Most that one session may use; 0 or less: the default',
      unit: 'Mbit/s',
      default: 128,
      nonPositiveIsDefault: true,
    }),
    totalBandwidthMbit: option.number({
      name: 'TOTAL_BANDWIDTH',
      meaning: 'Most that all sessions of a replica may use together; 0 or less: the default',
      unit: 'Mbit/s',
      default: 1024,
      nonPositiveIsDefault: true,
    }),
    limitSpeedMbit: option.number({
      name: 'LIMIT_SPEED',
      meaning: 'What a slowed-down session may use; 0 or less: the default',
      unit: 'Mbit/s',
      default: 32,
      nonPositiveIsDefault: true,
    }),
    downgradeThreshold: option.number({
      name: 'DOWNGRADE_THRESHOLD',
      meaning: 'Share of SINGLE_BANDWIDTH above which a long session is slowed down',
      default: 0.66,
      nonPositiveIsDefault: true,
    }),
    downgradeStartCheckMs: option.duration({
      name: 'DOWNGRADE_START_CHECK',
      meaning: 'Age from which a session can be slowed down',
      unit: 's',
      default: 1_800_000,
    }),
  },
});

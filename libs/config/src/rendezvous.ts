import { option } from './option.js';
import { settings } from './settings.js';
import { sharedOptions } from './shared.js';

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
      example: 'relay-1.example.org,relay-2.example.org:21117',
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
      pattern: /^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/,
      form: 'a network such as 192.168.0.0/16',
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
    selfTest: option.text({
      name: 'TEST_HBBS',
      meaning:
        'Address that the start-up self test sends its datagram to; no: no self test; empty: the own port on loopback',
      default: '',
      pattern: /^(no|\[?[0-9A-Fa-f.:]+\]?:\d{1,5})$/i,
      form: 'no, or a numeric address with a port',
      example: '127.0.0.1:21116',
    }),
  },
});

import { apiSettings } from './api.js';
import { option } from './option.js';
import { rendezvousSettings } from './rendezvous.js';
import { settings } from './settings.js';
import { sharedOptions } from './shared.js';

const { port, gateways, relayServers } = rendezvousSettings.options;

/** Settings of the prober. */
export const proberSettings = settings({
  service: 'prober',
  meaning: 'A client of its own that keeps trying this server through its public address',
  options: {
    ...sharedOptions,
    port,
    apiPort: { ...apiSettings.options.port, flags: [] },
    relayServers: { ...relayServers, flags: [] },
    gateways,
    enabled: option.yesNo({
      name: 'PROBER',
      meaning: 'Register, call and move a kilobyte through WAYSTATION_HOST as a client does',
      default: true,
    }),
    intervalMs: option.duration({
      name: 'PROBE_INTERVAL',
      meaning: 'Time between two such tries',
      unit: 's',
      default: 30_000,
      minMs: 1_000,
      maxMs: 3_600_000,
    }),
    inside: option.text({
      name: 'PROBE_INSIDE',
      meaning:
        'Name or address of the same ports within the stack, to tell a closed port from a public address that cannot be reached from inside: one for all, or those of rendezvous, relay and api, separated by commas; empty: unknown',
      default: '',
      pattern: /^[A-Za-z0-9._:-]+(,[A-Za-z0-9._:-]+,[A-Za-z0-9._:-]+)?$/,
      form: 'one host name or address without a port, or three separated by commas',
      example: 'rendezvous,relay,api',
    }),
  },
});

/** Names or addresses of the services within the stack. */
export type InsideHosts = Readonly<Record<'rendezvous' | 'relay' | 'api', string>>;

/** What PROBE_INSIDE says of each service; undefined when it is empty. */
export function insideHosts(inside: string): InsideHosts | undefined {
  if (inside === '') return undefined;
  const [rendezvous = '', relay = rendezvous, api = rendezvous] = inside.split(',');
  return { rendezvous, relay, api };
}

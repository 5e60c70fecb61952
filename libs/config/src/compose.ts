import { option } from './option.js';
import { settings } from './settings.js';

/** What only docker-compose.yml reads; listed so that it is documented and not taken for a slip. */
export const composeSettings = settings({
  service: 'docker compose',
  meaning: 'Read by docker-compose.yml, by no service',
  options: {
    publishAddress: option.text({
      name: 'WAYSTATION_PUBLISH_ADDRESS',
      meaning: 'Address of the host that the ports are published on',
      default: '0.0.0.0',
      example: '192.0.2.10',
    }),
    redisMemory: memory('REDIS_MEMORY', 'Redis', '2g'),
    rendezvousMemory: memory('RENDEZVOUS_MEMORY', 'each rendezvous replica', '1g'),
    relayMemory: memory('RELAY_MEMORY', 'each relay replica', '2g'),
    apiMemory: memory('API_MEMORY', 'each api replica', '1g'),
  },
});

/** A ceiling, far above what a fleet of 50,000 devices needs; a container that reaches it starts anew. */
function memory(name: string, whose: string, defaultText: string) {
  const meaning = `The most memory that the container of ${whose} may take`;
  return option.text({ name, meaning, default: defaultText, example: '4g' });
}

/**
 * Settings that docker-compose.yml decides itself and does not take from `.env`: the published ports
 * must equal the services' own, and the folders are the volumes'.
 */
export const fixedInCompose: ReadonlySet<string> = new Set([
  'PORT',
  'BIND',
  'API_PORT',
  'OPS_PORT',
  'OPS_BIND',
  'OPS_ADVERTISE',
  'RUN_DIR',
  'KEY_DIR',
  'WAYSTATION_DATA_DIR',
  'LEAVE_DEAD_NETWORK',
  'PROBE_INSIDE',
]);

/**
 * Settings that mean something else in the stack than for a service on its own: the default that
 * docker-compose.yml gives them when `.env` says nothing. An empty value stays empty.
 */
export const defaultsInCompose: Readonly<Record<string, string>> = {
  // the api in the same network; its port is fixed there
  HTTP_PROXY_TARGET: 'http://127.0.0.1:21114',
};

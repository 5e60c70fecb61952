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
  },
});

import { option } from './option.js';
import { settings } from './settings.js';
import { sharedOptions } from './shared.js';

/** Settings of the registry. */
export const registrySettings = settings({
  service: 'registry',
  meaning: 'Identities and the server key; internal, listens on no public port',
  options: {
    ...sharedOptions,
    key: option.secret({
      name: 'KEY',
      flags: ['-k', '--key'],
      meaning:
        'Key that clients must know: - for the key file (made when missing), a secret key of 64 bytes in base64, any other text as it is (then sessions are not encrypted), empty for no check',
      default: '-',
      emptyIsValue: true,
      example: '-',
    }),
    keyDir: option.text({
      name: 'KEY_DIR',
      meaning: 'Folder of the key files id_ed25519 and id_ed25519.pub',
      default: '.',
      example: '/data',
    }),
  },
});

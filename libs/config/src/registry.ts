import { requireDeploymentOption } from './enrolment.js';
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
    requireDeployment: requireDeploymentOption,
    requireApproval: option.yesNo({
      name: 'REQUIRE_APPROVAL',
      meaning:
        'Devices that are new here wait in a list until an operator lets them in; known ones come and go as before',
      default: false,
    }),
    perMinute: option.integer({
      name: 'LIMIT_REGISTRATIONS_PER_MINUTE',
      meaning:
        'Registrations accepted from one address (IPv6: /64) in a minute; 0: no limit; upstream: 32',
      default: 6_000,
      min: 0,
    }),
    newPerMinute: option.integer({
      name: 'LIMIT_NEW_IDS_PER_MINUTE',
      meaning:
        'New ids and failed registrations accepted from one address in a minute; 0: no limit',
      default: 1_500,
      min: 0,
    }),
    newPerDay: option.integer({
      name: 'LIMIT_NEW_IDS_PER_DAY',
      meaning:
        'New ids and failed registrations accepted from one address in a day; 0: no limit; upstream: 302',
      default: 20_000,
      min: 0,
    }),
    newPerMinuteOverall: option.integer({
      name: 'LIMIT_NEW_IDS_PER_MINUTE_OVERALL',
      meaning:
        'New ids and failed registrations accepted from all addresses together in a minute; 0: no limit',
      default: 10_000,
      min: 0,
    }),
  },
});

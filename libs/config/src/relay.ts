import { option } from './option.js';
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

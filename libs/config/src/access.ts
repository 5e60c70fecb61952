import { option } from './option.js';

/** Read by the api, which publishes the rules, and by the rendezvous, which keeps callers to them. */
export const accessRulesOption = option.yesNo({
  name: 'ACCESS_RULES',
  meaning:
    'Let a user reach only his own devices, those of his group, and what groups are given access to; without a login only devices without owner and group',
  default: false,
});

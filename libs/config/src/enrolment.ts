import { option } from './option.js';

/** Read by the registry, which holds devices to it, and by the api, which lets them in. */
export const requireDeploymentOption = option.yesNo({
  name: 'REQUIRE_DEPLOYMENT',
  meaning:
    'Only devices that were deployed with a token, or are known already, may register; others are told that they are not deployed',
  default: false,
});

import { option } from './option.js';

/** Form of a region's name. */
export const REGION_NAME = /^[A-Za-z0-9._-]{1,64}$/;

/** Read by the services that stand somewhere in particular. */
export const regionOption = option.text({
  name: 'WAYSTATION_REGION',
  meaning:
    'Where this server stands, a word of your own; clients are sent to relays of the region they are in, else to those of the rendezvous',
  default: '',
  pattern: REGION_NAME,
  form: 'a word of letters, digits, dots, dashes and underscores',
  example: 'eu-west',
});

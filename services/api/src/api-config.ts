import type { Config } from '@waystation/config';
import type { apiSettings } from '@waystation/config';

/** Every setting of the api, read and checked. */
export type ApiConfig = Config<typeof apiSettings>;

export { allSettings, serviceSettings, type AnySettings } from './all.js';
export { apiSettings } from './api.js';
export { composeSettings, fixedInCompose } from './compose.js';
export { passedNames, withPassedSettings } from './compose-lines.js';
export { BadValue, ConfigError } from './config-error.js';
export { effectiveSettings, type EffectiveSetting } from './effective.js';
export { readConfig, sourcedSettings, type SourcedSetting, type Sources } from './env.js';
export { envExample } from './env-example.js';
export { option, type Option } from './option.js';
export type { OidcProvider } from './oidc-providers.js';
export { insideHosts, proberSettings, type InsideHosts } from './prober.js';
export {
  parseRedisAddress,
  type Endpoint,
  type RedisAddress,
  type SentinelAddress,
} from './redis-address.js';
export { registrySettings } from './registry.js';
export { relaySettings } from './relay.js';
export { rendezvousSettings } from './rendezvous.js';
export {
  settings,
  type AnyOption,
  type Config,
  type Options,
  type Settings,
  type Values,
} from './settings.js';
export { settingsPage } from './settings-table.js';
export { sharedOptions } from './shared.js';

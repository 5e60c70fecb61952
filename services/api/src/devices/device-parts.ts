import type { Provider } from '@nestjs/common';
import { RegistryClient } from '@waystation/bus';
import { CONFIG, LOG, type Log } from '@waystation/ops';
import {
  Identities,
  type Redis,
  SwitchGrants as PublishedGrants,
  openRedis,
  redisReady,
} from '@waystation/state';
import type { ApiConfig } from '../api-config.js';
import { AddressBooks } from '../books/address-books.js';
import { BookEntries } from '../books/book-entries.js';
import { provide } from '../http/provide.js';
import { Recordings } from '../records/recordings.js';
import { AccessStore } from '../store/access-store.js';
import { ConnAuditStore } from '../store/conn-audit-store.js';
import { DeviceStore } from '../store/device-store.js';
import { DisconnectStore } from '../store/disconnect-store.js';
import { NameStore } from '../store/name-store.js';
import { SwitchGrantStore } from '../store/switch-grant-store.js';
import { TokenStore } from '../store/token-store.js';
import { Assignment } from './assignment.js';
import { Deployment } from './deployment.js';
import { GenuineDevices } from './genuine-devices.js';
import { Heartbeats } from './heartbeats.js';
import { LastSeen } from './last-seen.js';
import { Panel } from './panel.js';
import { Presets } from './presets.js';
import { RegisteredDevices } from './registered-devices.js';
import { RegistryLink } from './registry-link.js';
import { SwitchGrants } from './switch-grants.js';
import { Sysinfo } from './sysinfo.js';

const REDIS = Symbol('REDIS');

/** What devices say, and what operators want of them. */
export const deviceParts: Provider[] = [
  {
    provide: REDIS,
    useFactory: async (config: ApiConfig, log: Log) => {
      const redis = openRedis(config.redisUrl, 'api', log);
      await redisReady(redis);
      return redis;
    },
    inject: [CONFIG, LOG],
  },
  {
    provide: Identities,
    useFactory: (redis: Redis) => new Identities(redis),
    inject: [REDIS],
  },
  {
    provide: RegistryClient,
    useFactory: (config: ApiConfig) => new RegistryClient(config.redisUrl),
    inject: [CONFIG],
  },
  provide(RegistryLink, REDIS, RegistryClient),
  provide(RegisteredDevices, Identities),
  provide(GenuineDevices, DeviceStore, RegisteredDevices, LOG),
  provide(Panel, AccessStore, CONFIG),
  provide(LastSeen, DeviceStore, ConnAuditStore, LOG),
  provide(Heartbeats, DeviceStore, DisconnectStore, LastSeen),
  provide(Presets, DeviceStore, NameStore, CONFIG),
  provide(Sysinfo, DeviceStore, RegisteredDevices, TokenStore, Presets, LOG),
  provide(Assignment, DeviceStore, RegisteredDevices, NameStore, AddressBooks, BookEntries),
  provide(Deployment, RegisteredDevices, RegistryClient, CONFIG),
  provide(PublishedGrants, REDIS),
  provide(SwitchGrants, RegisteredDevices, SwitchGrantStore, PublishedGrants),
  provide(Recordings, DeviceStore, CONFIG),
];

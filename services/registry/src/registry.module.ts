import { Module, type Provider } from '@nestjs/common';
import { Events } from '@waystation/bus';
import type { Config, registrySettings } from '@waystation/config';
import {
  CONFIG,
  Health,
  LOG,
  Metrics,
  Pages,
  rateCapped,
  REPLICA,
  type Log,
} from '@waystation/ops';
import {
  asReplicaId,
  DeadReplicas,
  Identities,
  IdentityWriter,
  LeaderLease,
  openRedis,
  OpsAddresses,
  PendingDevices,
  Probes,
  redisReady,
  Registrations,
  Replicas,
  ServerKey,
} from '@waystation/state';
import { Announcements } from './announcements.js';
import { CallServer } from './call-server.js';
import { Enrolment } from './enrolment.js';
import type { IdentityParts } from './claims.js';
import { Counts } from './counts.js';
import { LeaderDuty } from './leader-duty.js';
import { Leadership } from './leadership.js';
import { OpsDirectory } from './ops-directory.js';
import { RedisLink } from './redis-link.js';
import { RegistryCalls } from './registry-calls.js';
import { resignAll } from './resigning.js';
import { loadServerKey, publicFacts, type LoadedKey } from './server-key.js';
import { Signer } from './signer.js';

/** The registry's settings. */
export type RegistryConfig = Config<typeof registrySettings>;

const KEY = Symbol('KEY');
const PARTS = Symbol('PARTS');
/** Refusals are logged one by one up to this many lines a second. */
const REFUSAL_LINES_PER_SECOND = 20;

const providers: Provider[] = [
  {
    provide: RedisLink,
    useFactory: async (config: RegistryConfig, log: Log, replica: string, health: Health) => {
      const redis = openRedis(config.redisUrl, replica, log);
      await redisReady(redis);
      return new RedisLink(redis, new Events(config.redisUrl), health);
    },
    inject: [CONFIG, LOG, REPLICA, Health],
  },
  { provide: Counts, useFactory: (metrics: Metrics) => new Counts(metrics), inject: [Metrics] },
  {
    provide: KEY,
    useFactory: (config: RegistryConfig, log: Log) => loadServerKey(config.key, config.keyDir, log),
    inject: [CONFIG, LOG],
  },
  {
    provide: PARTS,
    useFactory: (
      { redis, events }: RedisLink,
      config: RegistryConfig,
      key: LoadedKey,
      log: Log,
    ) => ({
      identities: new Identities(redis),
      writer: new IdentityWriter(redis),
      registrations: new Registrations(redis, config),
      signer: new Signer(key.pair),
      announcements: new Announcements(events, log),
      enrolment: new Enrolment(config, new PendingDevices(redis), new Probes(redis)),
    }),
    inject: [RedisLink, CONFIG, KEY, LOG],
  },
  {
    provide: RegistryCalls,
    useFactory: (parts: IdentityParts, counts: Counts, log: Log) =>
      new RegistryCalls(parts, counts, rateCapped(log, REFUSAL_LINES_PER_SECOND)),
    inject: [PARTS, Counts, LOG],
  },
  {
    provide: CallServer,
    useFactory: (config: RegistryConfig, calls: RegistryCalls, log: Log) =>
      new CallServer(config.redisUrl, calls, log),
    inject: [CONFIG, RegistryCalls, LOG],
  },
  {
    provide: OpsDirectory,
    useFactory: (pages: Pages, { redis }: RedisLink) =>
      new OpsDirectory(pages, new OpsAddresses(redis)),
    inject: [Pages, RedisLink],
  },
  {
    provide: LeaderDuty,
    useFactory: leaderDuty,
    inject: [RedisLink, PARTS, KEY, CallServer, Counts, LOG],
  },
  {
    provide: Leadership,
    useFactory: leadership,
    inject: [RedisLink, LeaderDuty, Metrics, REPLICA, LOG],
  },
];

/** The parts list of the registry. */
@Module({ providers })
export class RegistryModule {}

function leaderDuty(
  { redis }: RedisLink,
  parts: IdentityParts,
  key: LoadedKey,
  calls: CallServer,
  counts: Counts,
  log: Log,
): LeaderDuty {
  const serverKey = new ServerKey(redis);
  const { identities, writer, signer } = parts;
  return new LeaderDuty({
    serverKey,
    facts: publicFacts(key),
    calls,
    deadReplicas: new DeadReplicas(redis, new Replicas(redis)),
    resign: () => resignAll(identities, writer, serverKey, signer),
    counts,
    log,
  });
}

function leadership(
  { redis }: RedisLink,
  duty: LeaderDuty,
  metrics: Metrics,
  replica: string,
  log: Log,
): Leadership {
  const id = asReplicaId(replica);
  const info = {
    id,
    service: 'registry',
    started: Date.now(),
    version: '',
    draining: false,
    load: 0,
    addresses: {},
  };
  const made = new Leadership(new LeaderLease(redis, id), new Replicas(redis), info, duty, log);
  metrics.gaugeOf('registry_leads', 'Whether this registry answers calls', () =>
    made.leads ? 1 : 0,
  );
  return made;
}

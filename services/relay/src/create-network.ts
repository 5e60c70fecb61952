import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Config, relaySettings } from '@waystation/config';
import { rateCapped } from '@waystation/ops';
import type { Log, Metrics } from '@waystation/ops';
import {
  keys,
  LinkKey,
  LiveReplicas,
  openRedis,
  Pairs,
  RecordStream,
  Replicas,
  Tickets,
} from '@waystation/state';
import type {
  EndedSession,
  Redis,
  ReplicaId,
  ReplicaInfo,
  RunningSession,
} from '@waystation/state';
import { Cluster } from './cluster.js';
import type { Ticketing } from './cluster.js';
import { Directions } from './directions.js';
import { Crossing } from './crossing.js';
import type { RelayLimits } from './limits.js';
import { LinkAddresses } from './link-addresses.js';
import { LinkDialer } from './link-dialer.js';
import { LinkListener } from './link-listener.js';
import { offerNetwork } from './network-metrics.js';
import { hostAndPort, portsOf } from './place-names.js';
import { Registration } from './registration.js';
import type { Relay } from './relay.js';
import { RunningNews } from './running-news.js';
import { endedSession, runningSession } from './session-record.js';
import type { Session } from './session.js';
import { Surroundings } from './surroundings.js';
import { TicketBook } from './ticket-book.js';
import { TicketGate } from './ticket-gate.js';
import { Unsettled } from './unsettled.js';

type RelayConfig = Config<typeof relaySettings>;

const LOG_LINES_PER_SECOND = 5;
/** News is told again a minute later, so little of it is kept. */
const NEWS_LIMITS = { keptRecords: 20_000, bufferedRecords: 2_000 };

/** What a network is made for. */
export interface NetworkParts {
  readonly config: RelayConfig;
  readonly limits: RelayLimits;
  readonly self: ReplicaId;
  readonly redis: Redis;
  readonly relay: Relay;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Puts the relay among others and makes what runs around it. */
export function createNetwork(parts: NetworkParts): Surroundings {
  const { config, limits, self, redis, relay, log, metrics } = parts;
  const replicas = new Replicas(redis);
  const live = new LiveReplicas(replicas, log);
  const addresses = new LinkAddresses(live, replicas);
  const key = new LinkKey(redis);
  const records = new RecordStream<EndedSession>(redis, keys.sessions);
  const tickets = config.tickets ? ticketParts(limits, redis, relay) : undefined;
  const crossing = new Crossing({
    self,
    relay,
    pairs: new Pairs(redis, self),
    dialer: new LinkDialer(key),
    linkOf: (replica) => addresses.of(replica),
    usedUp: (uuid) => tickets?.book.use(uuid),
    waitMs: limits.waitMs,
    log: rateCapped(log, LOG_LINES_PER_SECOND),
  });
  const cluster = new Cluster({
    relay,
    crossing,
    tickets,
    ended: (id, session, record) => {
      if (session.ticket?.isProbe !== true) records.add(endedSession(self, id, session, record));
    },
    newId: randomUUID,
  });
  relay.enter(cluster);
  const news = new RecordStream<RunningSession>(redis, keys.runningSessions, NEWS_LIMITS);
  const newsOf = (session: Session): RunningSession | undefined =>
    session.ticket?.isProbe === true
      ? undefined
      : runningSession(self, cluster.nameOf(session), session);
  offerNetwork(metrics, { cluster, crossing, records, book: tickets?.book });
  return new Surroundings({
    directions: new Directions(config.redisUrl, redis, relay, log),
    live,
    registration: new Registration(replicas, key, () => loadOf(relay), log),
    links: new LinkListener(self, key, cluster),
    linkPlace: {
      ports: portsOf(config.linkPorts),
      ...(config.linkHost === '' ? { host: '127.0.0.1' } : {}),
    },
    info: (linkPort) => infoOf(config, self, linkPort),
    heard: tickets === undefined ? undefined : (ticket) => tickets.gate.heard(ticket),
    subscriber: openRedis(config.redisUrl, `${self}-tickets`, log),
    records,
    news: new RunningNews(relay.sessions.running, news, newsOf),
    log,
  });
}

function ticketParts(limits: RelayLimits, redis: Redis, relay: Relay): Ticketing {
  const book = new TicketBook();
  const gate = new TicketGate(limits, book, new Tickets(redis), {
    admitted: (uuid, leg, ticket) => relay.admitted(uuid, leg, ticket),
    turnedAway: (reason, leg, uuid) => relay.turnedAway(reason, leg, uuid),
  });
  const unsettled = new Unsettled(limits.earlyBytes, {
    admitted: (uuid, leg, ticket) => relay.admitted(uuid, leg, ticket),
    turnedAway: (reason, leg, uuid) => relay.turnedAway(reason, leg, uuid),
  });
  return { book, gate, unsettled };
}

/** Sessions this replica works for, carried ones included. */
function loadOf({ sessions, carried, levels }: Relay): number {
  return sessions.running.size + carried.running.size + levels.waiting;
}

function infoOf(config: RelayConfig, id: ReplicaId, linkPort: number): ReplicaInfo {
  const link = hostAndPort(config.linkHost === '' ? '127.0.0.1' : config.linkHost, linkPort);
  const shown = hostAndPort(config.host, config.port);
  return {
    id,
    service: 'relay',
    started: Date.now(),
    version: ownVersion(),
    draining: false,
    load: 0,
    addresses: { link, ...(shown === '' ? {} : { public: shown }) },
    region: config.region,
    capacity: config.totalBandwidthMbit,
  };
}

function ownVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(text) as { version?: unknown };
  return typeof version === 'string' ? version : '';
}

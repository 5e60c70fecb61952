import { probeTcp } from '@waystation/net';
import type { Log } from '@waystation/ops';
import { rateCapped } from '@waystation/ops';
import {
  AccessRules,
  ControlRoles,
  ExpectedSessions,
  PeerRecords,
  Probes,
  RecordStream,
  RelayGrantStore,
  ServerKey,
  SwitchGrants,
  Tickets,
  Tokens,
  Waiting,
  keys,
  type Presences,
} from '@waystation/state';
import { Access } from './access.js';
import { AnnouncedRelays } from './announced-relays.js';
import { ApiCalls } from './api-calls.js';
import { limitsFrom } from './attempt-limits.js';
import { AttemptRecords } from './attempt-records.js';
import type { Backplane } from './backplane.js';
import { CalleeFinder } from './callee-finder.js';
import { CallerRoles } from './caller-roles.js';
import { monotonicClock, type Clock } from './clock.js';
import type { Context, HandlerSettings } from './context.js';
import { Gateways } from './gateway.js';
import type { Holdings } from './holdings.js';
import { KnownVersions } from './known-versions.js';
import { LanMask } from './lan-mask.js';
import { localRelay } from './local-relay.js';
import { LiveSessions } from './live-sessions.js';
import { Logins } from './logins.js';
import { OnlineQuery } from './online-query.js';
import { PeerLookup } from './peer-lookup.js';
import type { PeerTable } from './peer-table.js';
import type { RendezvousConfig } from './ports.js';
import { PresenceWriter } from './presence-writer.js';
import type { PunchPolicy } from './punch-plan.js';
import { Regions } from './regions.js';
import { RelayChoice, relayAddress, type Relays } from './relay-choice.js';
import { RelayGrants } from './relay-grants.js';
import { Router } from './router.js';
import { ServerFacts } from './server-facts.js';

/** Protocol 6.16: longest wait for a relay to accept. */
const RELAY_CONNECT_MS = 3000;
const LOG_LINES_PER_SECOND = 50;

/** Makes the plain objects that handlers work with. */
export function createContext(
  config: RendezvousConfig,
  log: Log,
  backplane: Backplane,
  holdings: Holdings,
): Context {
  const clock = monotonicClock;
  const { self, redis, presences, registry } = backplane;
  const { peers, counters } = holdings;
  const stateFailed = (): void => void (counters.stateFailures += 1);
  const lookup = new PeerLookup(new PeerRecords(redis, presences));
  const records = new AttemptRecords(new RecordStream(redis, keys.attempts), self, clock);
  const router = routerOf(backplane, holdings, clock);
  return {
    settings: handlerSettings(config),
    policy: policyFrom(config, log),
    log: rateCapped(log, LOG_LINES_PER_SECOND),
    clock,
    counters,
    limits: limitsFrom(config, clock),
    server: new ServerFacts(new ServerKey(redis), stateFailed),
    registry,
    peers,
    lookup,
    presence: presenceWriter(peers, presences, router, stateFailed),
    callees: new CalleeFinder(peers, lookup),
    online: new OnlineQuery(peers, presences, self, stateFailed),
    router,
    relays: relaysOf(config, backplane, clock, log),
    grants: new RelayGrants(new RelayGrantStore(redis), clock, stateFailed),
    tickets: new Tickets(redis),
    versions: new KnownVersions(presences, stateFailed),
    logins: new Logins(new Tokens(redis), clock),
    access: new Access(new AccessRules(redis), clock),
    roles: new CallerRoles(new ControlRoles(redis), stateFailed),
    probes: new Probes(redis),
    switchGrants: new SwitchGrants(redis),
    records,
    sessions: new LiveSessions(new ExpectedSessions(redis), records, clock, stateFailed),
    api: new ApiCalls(config.httpProxyTarget),
  };
}

function routerOf(backplane: Backplane, holdings: Holdings, clock: Clock): Router {
  const { self, redis, signals, live } = backplane;
  const { peers, callers, counters, outlet } = holdings;
  const waiting = new Waiting(redis, self);
  const sendUdp = outlet.send;
  return new Router({ self, peers, callers, waiting, live, signals, sendUdp, counters, clock });
}

/** A relay is well when it accepts a connection. */
function accepts(host: string, port: number): Promise<boolean> {
  return probeTcp(host, port, RELAY_CONNECT_MS);
}

function handlerSettings(config: RendezvousConfig): HandlerSettings {
  return {
    keepAliveSeconds: Math.round(config.keepAliveMs / 1000),
    ipv6Passthrough: config.ipv6Passthrough,
    udpPunch: config.udpPunch,
    mustLogin: config.mustLogin,
    accessRules: config.accessRules,
    oldCallees: config.oldCallees,
    sessionTracking: config.sessionTracking,
    apiCalls: config.httpProxyTarget !== '',
    localRelay: localRelay(config.localIp, config.mask),
    serverList: { serial: config.serial, rendezvousServers: [...config.rendezvousServers] },
  };
}

function policyFrom(config: RendezvousConfig, log: Log): PunchPolicy {
  const gateways = Gateways.from(config.gateways, (ip) => {
    const remedy =
      'their sessions go over the relay; see the chapter on addresses in the documentation';
    log.warn(`clients appear as our own gateway: ${remedy}`, { ip });
  });
  return {
    alwaysUseRelay: config.alwaysUseRelay,
    lan: LanMask.parse(config.mask),
    isGateway: gateways.has,
  };
}

/** The operator's list; else those that announce themselves, and while there is none the one beside us. */
function relaysOf(
  { relayServers, host, port, region, regionNetworks }: RendezvousConfig,
  { live }: Backplane,
  clock: Clock,
  log: Log,
): Relays {
  const defaultPort = port + 1;
  if (relayServers.length > 0) return new RelayChoice(relayServers, defaultPort, accepts);
  return new AnnouncedRelays({
    live,
    regions: Regions.parse(regionNetworks, region),
    fallback: host === '' ? '' : relayAddress(host, defaultPort),
    defaultPort,
    clock,
    log: rateCapped(log, LOG_LINES_PER_SECOND),
  });
}

function presenceWriter(
  peers: PeerTable,
  presences: Presences,
  router: Router,
  failed: () => void,
): PresenceWriter {
  const writer = new PresenceWriter(presences, peers, {
    displaced: (id, stay) => router.evict(stay.replica, id, stay.generation),
    outrun: (peer) => peers.remove(peer.id, peer.generation)?.channel?.close('replaced'),
    failed,
  });
  peers.listen({
    changed: (peer) => writer.peerChanged(peer),
    gone: (peer) => writer.peerGone(peer),
  });
  return writer;
}

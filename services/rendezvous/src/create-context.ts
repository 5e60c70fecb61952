import type { RegistryClient, Signals } from '@waystation/bus';
import type { Log } from '@waystation/ops';
import { rateCapped } from '@waystation/ops';
import {
  Identities,
  ServerKey,
  Tickets,
  Waiting,
  type Presences,
  type ReplicaId,
} from '@waystation/state';
import { limitsFrom } from './attempt-limits.js';
import { CalleeFinder } from './callee-finder.js';
import type { Callers } from './callers.js';
import { monotonicClock } from './clock.js';
import { grantStore, type RedisConnections } from './connections.js';
import type { Context, HandlerSettings } from './context.js';
import type { Counters } from './counters.js';
import { Gateways } from './gateway.js';
import { KnownVersions } from './known-versions.js';
import { LanMask } from './lan-mask.js';
import { localRelay } from './local-relay.js';
import { OnlineQuery } from './online-query.js';
import { PeerLookup } from './peer-lookup.js';
import type { PeerTable } from './peer-table.js';
import type { RendezvousConfig } from './ports.js';
import { PresenceWriter } from './presence-writer.js';
import type { PunchPolicy } from './punch-plan.js';
import { RelayChoice, relayAddress } from './relay-choice.js';
import { RelayGrants } from './relay-grants.js';
import { accepts } from './relay-probe.js';
import { Router } from './router.js';
import { ServerFacts } from './server-facts.js';
import type { UdpOutlet } from './udp-outlet.js';

const LOG_LINES_PER_SECOND = 50;

/** Makes the plain objects that handlers work with. */
export function createContext(
  config: RendezvousConfig,
  log: Log,
  replica: ReplicaId,
  { commands }: RedisConnections,
  counters: Counters,
  callers: Callers,
  peers: PeerTable,
  presences: Presences,
  signals: Signals,
  registry: RegistryClient,
  outlet: UdpOutlet,
): Context {
  const clock = monotonicClock;
  const stateFailed = (): void => void (counters.stateFailures += 1);
  const lookup = new PeerLookup(new Identities(commands), presences);
  const router = new Router({
    self: replica,
    peers,
    callers,
    waiting: new Waiting(commands, replica),
    signals,
    sendUdp: outlet.send,
    counters,
    clock,
  });
  return {
    settings: handlerSettings(config),
    policy: policyFrom(config, log),
    log: rateCapped(log, LOG_LINES_PER_SECOND),
    clock,
    counters,
    limits: limitsFrom(config, clock),
    server: new ServerFacts(new ServerKey(commands), stateFailed),
    registry,
    peers,
    lookup,
    presence: presenceWriter(peers, presences, router, stateFailed),
    callees: new CalleeFinder(peers, lookup),
    online: new OnlineQuery(peers, presences, replica, stateFailed),
    router,
    relays: new RelayChoice(relayList(config), config.port + 1, accepts),
    grants: new RelayGrants(grantStore(commands), clock, stateFailed),
    tickets: new Tickets(commands),
    versions: new KnownVersions(),
  };
}

function handlerSettings(config: RendezvousConfig): HandlerSettings {
  return {
    keepAliveSeconds: Math.round(config.keepAliveMs / 1000),
    ipv6Passthrough: config.ipv6Passthrough,
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

/** The operator's list; else the relay beside this server, if the server knows its public name. */
function relayList(config: RendezvousConfig): readonly string[] {
  if (config.relayServers.length > 0) return config.relayServers;
  return config.host === '' ? [] : [relayAddress(config.host, config.port + 1)];
}

function presenceWriter(
  peers: PeerTable,
  presences: Presences,
  router: Router,
  failed: () => void,
): PresenceWriter {
  const writer = new PresenceWriter(presences, peers, {
    displaced: (id, stay) => router.evict(stay.replica, id, stay.generation),
    failed,
  });
  peers.listen({
    changed: (peer) => writer.peerChanged(peer),
    gone: (peer) => writer.peerGone(peer),
  });
  return writer;
}

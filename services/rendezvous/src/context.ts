import type { RegistryClient } from '@waystation/bus';
import type { Log } from '@waystation/ops';
import type { Probes, SwitchGrants, Tickets } from '@waystation/state';
import type { Access } from './access.js';
import type { ApiCalls } from './api-calls.js';
import type { AttemptLimits } from './attempt-limits.js';
import type { AttemptRecords } from './attempt-records.js';
import type { CalleeFinder } from './callee-finder.js';
import type { CallerRoles } from './caller-roles.js';
import type { Clock } from './clock.js';
import type { Counters } from './counters.js';
import type { KnownVersions } from './known-versions.js';
import type { LiveSessions } from './live-sessions.js';
import type { Logins } from './logins.js';
import type { OnlineQuery } from './online-query.js';
import type { PeerLookup } from './peer-lookup.js';
import type { PeerTable } from './peer-table.js';
import type { PresenceWriter } from './presence-writer.js';
import type { PunchPolicy } from './punch-plan.js';
import type { Relays } from './relay-choice.js';
import type { RelayGrants } from './relay-grants.js';
import type { Router } from './router.js';
import type { ServerFacts } from './server-facts.js';

/** What the operator has set, as far as handlers read it. */
export interface HandlerSettings {
  readonly keepAliveSeconds: number;
  readonly ipv6Passthrough: boolean;
  readonly udpPunch: boolean;
  readonly mustLogin: 'off' | 'optional' | 'required';
  readonly accessRules: boolean;
  /** Towards callees that do not keep to what a role denies. */
  readonly oldCallees: 'refuse' | 'connect';
  readonly sessionTracking: boolean;
  /** Calls to the api are handed on. */
  readonly apiCalls: boolean;
  /** Relay address for peers inside MASK; empty without one. */
  readonly localRelay: string;
  /** Legacy server list; serial 0 is never sent. */
  readonly serverList: { readonly serial: number; readonly rendezvousServers: string[] };
}

/** Everything handlers work with: plain objects made once per replica. */
export interface Context {
  readonly settings: HandlerSettings;
  readonly policy: PunchPolicy;
  readonly log: Log;
  readonly clock: Clock;
  readonly counters: Counters;
  readonly limits: AttemptLimits;
  readonly server: ServerFacts;
  readonly registry: Pick<RegistryClient, 'claim' | 'rename'>;
  readonly peers: PeerTable;
  readonly lookup: PeerLookup;
  readonly presence: PresenceWriter;
  readonly callees: CalleeFinder;
  readonly online: OnlineQuery;
  readonly router: Router;
  readonly relays: Relays;
  readonly grants: RelayGrants;
  readonly tickets: Pick<Tickets, 'issue'>;
  readonly versions: KnownVersions;
  readonly logins: Logins;
  readonly access: Access;
  readonly roles: CallerRoles;
  readonly probes: Pick<Probes, 'permits'>;
  readonly switchGrants: Pick<SwitchGrants, 'take'>;
  readonly records: AttemptRecords;
  readonly sessions: LiveSessions;
  readonly api: ApiCalls;
}

/** The services that write to Redis; a key has exactly one of them. */
export type Writer = 'registry' | 'rendezvous' | 'relay' | 'api' | 'prober' | 'every service';

/** What the key table says about one key or channel. */
export interface KeyFacts {
  /** The name with its variable part in angle brackets; literal braces are Redis hash tags. */
  readonly pattern: string;
  readonly type: 'hash' | 'string' | 'set' | 'sorted set' | 'stream' | 'channel';
  /** Life without a refresh in milliseconds; 0 = until deleted. */
  readonly ttlMs: number;
  readonly writer: Writer;
  readonly meaning: string;
}

/** Life of a replica's lease; refreshed every LEASE_REFRESH_MS. */
export const LEASE_MS = 10_000;
/** How often a replica refreshes its lease. */
export const LEASE_REFRESH_MS = 3_000;
/** How long the ops port of a replica that fell stays listed, so that its fall is seen. */
export const OPS_ADDRESS_MS = 180_000;
/** Life of the registry's leader lease: a standby takes over within this and one try. */
export const LEADER_LEASE_MS = 6_000;
/** How long a caller waits for its answer, protocol 6.0 "pending punches". */
export const WAITING_MS = 30_000;
/** How long the first leg of a session waits for the second one. */
export const PAIR_MS = 30_000;
/** How long a relay uuid may be joined after a rendezvous has issued its ticket. */
export const TICKET_MS = 60_000;
/** How long after the newest one orders to end sessions are kept: longer than relays stay cut off from Redis. */
export const CLOSE_ORDER_MS = 86_400_000;
/** How long a used relay uuid is remembered: longer than its ticket and a leg that waits with it. */
export const USED_TICKET_MS = 120_000;
/** How long a punch request that was let through opens the way to a relay, protocol 6.9. */
export const RELAY_GRANT_MS = 120_000;
/** How long the caller that redeemed a switch code may go on with it: its repeats and its relay request. */
export const SWITCH_TAKEN_MS = 120_000;
/** How long after its answer a caller may open the connection that shows that its session lives. */
export const SESSION_EXPECTED_MS = 60_000;
/** How long one leave of the prober holds, for one look through the public address. */
export const PROBE_GRANT_MS = 120_000;
/** Window of the limit on registrations of one id: "more than 6 full seconds", protocol 6.2. */
export const CLAIM_WINDOW_MS = 7_000;
/** Windows of the limits on one address and on everybody. */
export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;

/**
 * Every key and channel. The table in ARCHITECTURE.md is compared with this by a test.
 * What belongs to one id shares the hash tag `{id}`, to one replica `{replica}`, to one relay uuid `{uuid}`.
 */
export const keyTable = {
  identity: {
    pattern: 'identity:{<id>}',
    type: 'hash',
    ttlMs: 0,
    writer: 'registry',
    meaning: 'who owns an id: guid, uuid, public key, signed public key, last address, state',
  },
  claims: {
    pattern: 'claims:{<id>}',
    type: 'string',
    ttlMs: CLAIM_WINDOW_MS,
    writer: 'registry',
    meaning: 'accepted registrations of an id, the last of them less than 7 s ago',
  },
  registrations: {
    pattern: 'registrations:<window>:<address>',
    type: 'string',
    ttlMs: DAY_MS,
    writer: 'registry',
    meaning: 'registrations, or new ids and failures, of one address (or of all) in a window',
  },
  presence: {
    pattern: 'presence:{<id>}',
    type: 'hash',
    ttlMs: 0,
    writer: 'rendezvous',
    meaning: 'the replica that hears a peer, and the address; counts while the replica lives',
  },
  presences: {
    pattern: 'presences:{<replica>}',
    type: 'set',
    ttlMs: 0,
    writer: 'rendezvous',
    meaning: 'ids a replica has announced; the registry clears them when the replica is dead',
  },
  replica: {
    pattern: 'replica:{<replica>}',
    type: 'string',
    ttlMs: LEASE_MS,
    writer: 'every service',
    meaning: 'lease of a running replica, with its service, addresses, load and draining mark',
  },
  replicas: {
    pattern: 'replicas',
    type: 'sorted set',
    ttlMs: 0,
    writer: 'every service',
    meaning: 'replicas by the time of their last refresh; the registry removes dead ones',
  },
  waiting: {
    pattern: 'waiting:<address>',
    type: 'string',
    ttlMs: WAITING_MS,
    writer: 'rendezvous',
    meaning: 'the replica that holds the connection of a waiting caller',
  },
  ticket: {
    pattern: 'ticket:{<uuid>}',
    type: 'string',
    ttlMs: TICKET_MS,
    writer: 'rendezvous',
    meaning: 'permission to join a relay session, with caller, callee and attempt',
  },
  tickets: {
    pattern: 'tickets',
    type: 'channel',
    ttlMs: 0,
    writer: 'rendezvous',
    meaning: 'every new ticket, for the relays to remember',
  },
  usedTicket: {
    pattern: 'used-ticket:{<uuid>}',
    type: 'string',
    ttlMs: USED_TICKET_MS,
    writer: 'relay',
    meaning: 'the session that a relay uuid was used for; it admits no other one',
  },
  pair: {
    pattern: 'pair:{<uuid>}',
    type: 'string',
    ttlMs: PAIR_MS,
    writer: 'relay',
    meaning: 'the relay replica that holds the first leg of a session',
  },
  linkKey: {
    pattern: 'relay-link-key',
    type: 'string',
    ttlMs: 0,
    writer: 'relay',
    meaning: 'the secret by which relay replicas know each other',
  },
  relaySettings: {
    pattern: 'relay-settings',
    type: 'hash',
    ttlMs: 0,
    writer: 'api',
    meaning: 'what operators have told all relays: blacklist, blocklist and bandwidth',
  },
  closeOrders: {
    pattern: 'close-orders',
    type: 'stream',
    ttlMs: CLOSE_ORDER_MS,
    writer: 'api',
    meaning: 'orders to end sessions, for relays that missed the broadcast; the newest 1,000 or so',
  },
  sessions: {
    pattern: 'sessions',
    type: 'stream',
    ttlMs: 0,
    writer: 'relay',
    meaning: 'relayed sessions that are over; the newest 100,000 or so',
  },
  runningSessions: {
    pattern: 'running-sessions',
    type: 'stream',
    ttlMs: 0,
    writer: 'relay',
    meaning:
      'relayed sessions that go on, told after two seconds and then once a minute; the newest 20,000 or so',
  },
  relayGrant: {
    pattern: 'relay-grant:<address>:<id>',
    type: 'string',
    ttlMs: RELAY_GRANT_MS,
    writer: 'rendezvous',
    meaning: 'a source may ask for a relay to a device; the relay that the device named, if any',
  },
  pendingDevices: {
    pattern: 'pending-devices',
    type: 'hash',
    ttlMs: 0,
    writer: 'registry',
    meaning: 'devices that wait to be let in, by id: uuid, public key, address; at most 10,000',
  },
  pendingTimes: {
    pattern: 'pending-times',
    type: 'sorted set',
    ttlMs: 0,
    writer: 'registry',
    meaning: 'when each of them last asked; after a week of silence it is forgotten',
  },
  accessUsers: {
    pattern: 'access-users',
    type: 'hash',
    ttlMs: 0,
    writer: 'api',
    meaning: 'groups that each user may reach, by his guid; only where ACCESS_RULES is on',
  },
  accessDevices: {
    pattern: 'access-devices',
    type: 'hash',
    ttlMs: 0,
    writer: 'api',
    meaning: 'owner and group of each device that has one, by its id',
  },
  accessPolicy: {
    pattern: 'access-policy',
    type: 'hash',
    ttlMs: 0,
    writer: 'api',
    meaning: 'whether devices without owner and group are open, and the revision of both lists',
  },
  controlRoles: {
    pattern: 'control-roles',
    type: 'hash',
    ttlMs: 0,
    writer: 'api',
    meaning: 'permission bits of users with a role, of all others and of callers without a login',
  },
  token: {
    pattern: 'token:<hash>',
    type: 'string',
    ttlMs: 0,
    writer: 'api',
    meaning: 'a login by the SHA-256 of its token: user id and name; ends when the login does',
  },
  switchGrant: {
    pattern: 'switch-grant:{<id>}:<verifier>',
    type: 'string',
    ttlMs: 30_000,
    writer: 'api',
    meaning: 'a device lets one caller in after "switch sides"; taken once',
  },
  switchTaken: {
    pattern: 'switch-taken:{<id>}:<verifier>',
    type: 'string',
    ttlMs: SWITCH_TAKEN_MS,
    writer: 'rendezvous',
    meaning: 'the source that has taken a switch grant',
  },
  expectedSession: {
    pattern: 'expected-session:<address>:<user>',
    type: 'string',
    ttlMs: SESSION_EXPECTED_MS,
    writer: 'rendezvous',
    meaning: 'the attempt that a session of this user, from this source, comes from',
  },
  attempts: {
    pattern: 'attempts',
    type: 'stream',
    ttlMs: 0,
    writer: 'rendezvous',
    meaning: 'how attempts ended and when sessions began and ended; the newest 100,000 or so',
  },
  opsAddresses: {
    pattern: 'ops-addresses',
    type: 'hash',
    ttlMs: 0,
    writer: 'every service',
    meaning: 'where the ops port of each replica is; a fallen replica stays for 3 minutes',
  },
  serverKey: {
    pattern: 'server-key',
    type: 'hash',
    ttlMs: 0,
    writer: 'registry',
    meaning: 'public key, licence key and whether the server signs',
  },
  leader: {
    pattern: 'registry-leader',
    type: 'string',
    ttlMs: LEADER_LEASE_MS,
    writer: 'registry',
    meaning: 'lease of the one registry that answers calls',
  },
  probeDevice: {
    pattern: 'probe-device',
    type: 'string',
    ttlMs: 0,
    writer: 'prober',
    meaning: "the prober's own device: id, uuid and public key, the same after every start",
  },
  probeGrant: {
    pattern: 'probe-grant:<hash>',
    type: 'string',
    ttlMs: PROBE_GRANT_MS,
    writer: 'prober',
    meaning: "whoever shows this token may connect to the prober's device, and to nothing else",
  },
  probeLease: {
    pattern: 'probe-lease',
    type: 'string',
    ttlMs: 0,
    writer: 'prober',
    meaning: 'the one prober that looks; lives a little longer than the time between two looks',
  },
  signal: {
    pattern: 'signal:<replica>',
    type: 'channel',
    ttlMs: 0,
    writer: 'every service',
    meaning: 'binary messages to one replica',
  },
  call: {
    pattern: 'registry.<call>',
    type: 'channel',
    ttlMs: 0,
    writer: 'every service',
    meaning: 'calls to the registry; answers come on the same name with .reply',
  },
  event: {
    pattern: 'event.<name>',
    type: 'channel',
    ttlMs: 0,
    writer: 'every service',
    meaning: 'what every replica must hear',
  },
} as const satisfies Record<string, KeyFacts>;

/** Makes the names. Nobody else writes a key name out. */
export const keys = {
  identity: (id: string): string => `identity:{${id}}`,
  claims: (id: string): string => `claims:{${id}}`,
  registrations: (window: string, address: string): string => `registrations:${window}:${address}`,
  presence: (id: string): string => `presence:{${id}}`,
  presences: (replica: string): string => `presences:{${replica}}`,
  replica: (replica: string): string => `replica:{${replica}}`,
  replicas: 'replicas',
  waiting: (address: string): string => `waiting:${address}`,
  ticket: (uuid: string): string => `ticket:{${uuid}}`,
  tickets: 'tickets',
  usedTicket: (uuid: string): string => `used-ticket:{${uuid}}`,
  pair: (uuid: string): string => `pair:{${uuid}}`,
  linkKey: 'relay-link-key',
  relaySettings: 'relay-settings',
  closeOrders: 'close-orders',
  sessions: 'sessions',
  runningSessions: 'running-sessions',
  relayGrant: (address: string, id: string): string => `relay-grant:${address}:${id}`,
  pendingDevices: 'pending-devices',
  pendingTimes: 'pending-times',
  accessUsers: 'access-users',
  accessDevices: 'access-devices',
  accessPolicy: 'access-policy',
  controlRoles: 'control-roles',
  token: (hash: string): string => `token:${hash}`,
  switchGrant: (id: string, verifier: string): string => `switch-grant:{${id}}:${verifier}`,
  switchTaken: (id: string, verifier: string): string => `switch-taken:{${id}}:${verifier}`,
  expectedSession: (address: string, user: string): string => `expected-session:${address}:${user}`,
  attempts: 'attempts',
  opsAddresses: 'ops-addresses',
  serverKey: 'server-key',
  leader: 'registry-leader',
  probeDevice: 'probe-device',
  probeGrant: (hash: string): string => `probe-grant:${hash}`,
  probeLease: 'probe-lease',
  signal: (replica: string): string => `signal:${replica}`,
} as const;

/** The id inside `identity:{…}`; undefined for any other name. */
export function idOfIdentityKey(name: string): string | undefined {
  const prefix = 'identity:{';
  if (!name.startsWith(prefix) || !name.endsWith('}')) return undefined;
  return name.slice(prefix.length, -1);
}

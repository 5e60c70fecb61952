import * as lifetimes from './lifetimes.js';

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
    ttlMs: lifetimes.CLAIM_WINDOW_MS,
    writer: 'registry',
    meaning: 'accepted registrations of an id, the last of them less than 7 s ago',
  },
  registrations: {
    pattern: 'registrations:<window>:<address>',
    type: 'string',
    ttlMs: lifetimes.DAY_MS,
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
    ttlMs: lifetimes.LEASE_MS,
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
    ttlMs: lifetimes.WAITING_MS,
    writer: 'rendezvous',
    meaning: 'the replica that holds the connection of a waiting caller',
  },
  ticket: {
    pattern: 'ticket:{<uuid>}',
    type: 'string',
    ttlMs: lifetimes.TICKET_MS,
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
    ttlMs: lifetimes.USED_TICKET_MS,
    writer: 'relay',
    meaning: 'the session that a relay uuid was used for; it admits no other one',
  },
  pair: {
    pattern: 'pair:{<uuid>}',
    type: 'string',
    ttlMs: lifetimes.PAIR_MS,
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
    ttlMs: lifetimes.CLOSE_ORDER_MS,
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
    ttlMs: lifetimes.RELAY_GRANT_MS,
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
    ttlMs: lifetimes.SWITCH_TAKEN_MS,
    writer: 'rendezvous',
    meaning: 'the source that has taken a switch grant',
  },
  expectedSession: {
    pattern: 'expected-session:<address>:<user>',
    type: 'string',
    ttlMs: lifetimes.SESSION_EXPECTED_MS,
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
    ttlMs: lifetimes.LEADER_LEASE_MS,
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
    ttlMs: lifetimes.PROBE_GRANT_MS,
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

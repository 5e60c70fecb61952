import { BadValue } from './config-error.js';

/** A host and a port to connect to. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** What REDIS_URL says. */
export interface RedisAddress {
  /** Of Redis itself; with `sentinel` those of the Sentinels, in the order in which they are asked. */
  readonly endpoints: readonly Endpoint[];
  readonly tls: boolean;
  /** Empty when none is needed. */
  readonly username: string;
  readonly password: string;
  readonly database: number;
  /** Who knows where the primary is; undefined: the one endpoint is Redis. */
  readonly sentinel: SentinelAddress | undefined;
}

/** How Sentinels are asked. */
export interface SentinelAddress {
  /** The name under which they watch the primary. */
  readonly primary: string;
  /** Of the Sentinels themselves; empty when they ask for none. */
  readonly username: string;
  readonly password: string;
}

const REDIS_PORT = 6379;
const SENTINEL_PORT = 26379;
const FORM =
  'must be an address that begins with redis:// or rediss://, or names Sentinels as in redis+sentinel://:password@10.0.0.5:26379,10.0.0.6:26379/primary';

/**
 * Reads `redis://[[user]:password@]host[:port][/database]` (`rediss` with TLS) and
 * `redis+sentinel://[[user]:password@]host[:port][,host[:port]…]/primary[/database]` with
 * `?sentinelPassword=…` and `&sentinelUser=…` if the Sentinels have their own. Special characters in
 * names and passwords are percent-encoded. Throws BadValue, which repeats nothing of the text.
 */
export function parseRedisAddress(text: string): RedisAddress {
  const [, s, sentinel, rest = ''] = /^redis(s?)(\+sentinel)?:\/\/(\S+)$/.exec(text) ?? [];
  if (s === undefined) throw new BadValue(FORM);
  const [, login = '', hosts = '', path = '', query = ''] =
    /^(?:([^@/?]*)@)?([^@/?]+)(?:\/([^?]*))?(?:\?(.*))?$/.exec(rest) ?? [];
  const tls = s === 's';
  const [, username = '', password = ''] = /^([^:]*):?(.*)$/.exec(login) ?? [];
  const common = { tls, username: decoded(username), password: decoded(password) };
  return sentinel === undefined
    ? { ...common, ...plainPlace(hosts, path) }
    : { ...common, ...sentinelPlace(hosts, path, query) };
}

type Place = Pick<RedisAddress, 'endpoints' | 'database' | 'sentinel'>;

function plainPlace(hosts: string, path: string): Place {
  return {
    endpoints: [endpointOf(hosts, REDIS_PORT)],
    database: databaseOf(path),
    sentinel: undefined,
  };
}

function sentinelPlace(hosts: string, path: string, query: string): Place {
  const [primary = '', database = '', ...more] = path.split('/');
  if (primary === '' || more.length > 0) throw new BadValue(FORM);
  const given = new URLSearchParams(query);
  for (const name of given.keys()) {
    if (name !== 'sentinelUser' && name !== 'sentinelPassword') throw new BadValue(FORM);
  }
  return {
    endpoints: hosts.split(',').map((host) => endpointOf(host, SENTINEL_PORT)),
    database: databaseOf(database),
    sentinel: {
      primary: decoded(primary),
      username: given.get('sentinelUser') ?? '',
      password: given.get('sentinelPassword') ?? '',
    },
  };
}

function endpointOf(text: string, defaultPort: number): Endpoint {
  const [, v6, name, digits] =
    /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\],]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = v6 ?? name;
  const port = digits === undefined ? defaultPort : Number(digits);
  if (host === undefined || port < 1 || port > 65_535) throw new BadValue(FORM);
  return { host, port };
}

function databaseOf(text: string): number {
  if (!/^\d{0,5}$/.test(text)) throw new BadValue(FORM);
  return Number(text);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new BadValue(`${FORM}; a % in it is written %25`);
  }
}

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

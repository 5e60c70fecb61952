import { networkInterfaces } from 'node:os';
import type { Log } from './log.js';
import type { OpsConfig, Parts } from './parts.js';

/** What the others are to know about this replica. */
export interface BeaconOrder {
  readonly redisUrl: string;
  readonly service: string;
  readonly replica: string;
  /** `host:port` of the ops port, as others reach it. */
  readonly address: string;
  readonly log: Log;
}

/** Tells the others about this replica until it is stopped, and knows how Redis does. */
export interface Beacon {
  readonly redisUp: boolean;
  readonly roundTripSeconds: number;
  stop(): Promise<void>;
}

/** Lights the beacon, if there is one, and shows the state of this replica as metrics. */
export function offerReplica(
  parts: Parts<OpsConfig>,
  opsPort: number,
  light: ((order: BeaconOrder) => Beacon) | undefined,
): Beacon | undefined {
  const { config, health, metrics, name: service, replica, log } = parts;
  const isReady = async (): Promise<number> => Number((await health.readiness()).ready);
  metrics.gaugeOf('ops_ready', '1 while this replica should get work, as on /readyz', isReady);
  const draining = '1 while this replica ends and takes no new work';
  metrics.gaugeOf('ops_draining', draining, () => Number(health.draining));
  if (light === undefined) return undefined;
  const address = opsAddress(config, opsPort);
  const beacon = light({ redisUrl: config.redisUrl, service, replica, address, log });
  const up = '1 while Redis answers this replica';
  metrics.gaugeOf('ops_redis_up', up, () => Number(beacon.redisUp));
  const trip = 'How long the last command to Redis took that was answered, asked every 5 s';
  metrics.gaugeOf('ops_redis_round_trip_seconds', trip, () => beacon.roundTripSeconds);
  return beacon;
}

/** OPS_ADVERTISE, else the address that is listened on, else the first one that is not loopback. */
export function opsAddress(
  { opsAdvertise = '', opsBind }: Pick<OpsConfig, 'opsAdvertise' | 'opsBind'>,
  port: number,
): string {
  const isAny = opsBind === '0.0.0.0' || opsBind === '::' || opsBind === '';
  const host = opsAdvertise || (isAny ? outsideAddress() : opsBind);
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function outsideAddress(): string {
  const all = Object.values(networkInterfaces()).flat();
  return all.find((entry) => entry?.family === 'IPv4' && !entry.internal)?.address ?? '127.0.0.1';
}

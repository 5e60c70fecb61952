import {
  apiSettings,
  ConfigError,
  proberSettings,
  readConfig,
  registrySettings,
  relaySettings,
  rendezvousSettings,
  type Config,
} from '@waystation/config';

/** The settings of every service, as the services themselves read them. */
export interface AllSettings {
  readonly registry: Config<typeof registrySettings>;
  readonly rendezvous: Config<typeof rendezvousSettings>;
  readonly relay: Config<typeof relaySettings>;
  readonly api: Config<typeof apiSettings>;
  readonly prober: Config<typeof proberSettings>;
}

/** Reads all of them. Throws ConfigError with every fault of every service. */
export function readAllSettings(): AllSettings {
  const faults = new Set<string>();
  const read = <T>(reader: () => T): T | undefined => {
    try {
      return reader();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      for (const fault of error.faults) faults.add(fault);
      return undefined;
    }
  };
  // the command line is ours, not the services'
  const none = { argv: [] };
  const registry = read(() => readConfig(registrySettings, none));
  const rendezvous = read(() => readConfig(rendezvousSettings, none));
  const relay = read(() => readConfig(relaySettings, none));
  const api = read(() => readConfig(apiSettings, none));
  const prober = read(() => readConfig(proberSettings, none));
  if (registry && rendezvous && relay && api && prober) {
    const all = { registry, rendezvous, relay, api, prober };
    for (const fault of portFaults(all)) faults.add(fault);
    if (faults.size === 0) return all;
  }
  throw new ConfigError([...faults]);
}

/** A public port and the setting that moves it. */
export interface PublicPort {
  readonly kind: 'tcp' | 'udp';
  readonly port: number;
  readonly service: 'rendezvous' | 'relay' | 'api';
  readonly setting: 'PORT' | 'API_PORT';
}

/** The ports that clients use (protocol 1). */
export function publicPorts({ rendezvous, relay, api }: AllSettings): PublicPort[] {
  const of = (service: 'rendezvous' | 'relay', port: number): PublicPort => {
    return { kind: 'tcp', port, service, setting: 'PORT' };
  };
  const { port } = rendezvous;
  return [
    { kind: 'tcp', port: api.port, service: 'api', setting: 'API_PORT' },
    of('rendezvous', port - 1),
    of('rendezvous', port),
    { ...of('rendezvous', port), kind: 'udp' },
    of('rendezvous', port + 2),
    of('relay', relay.port),
    of('relay', relay.port + 2),
  ];
}

function portFaults(all: AllSettings): string[] {
  const tcp = publicPorts(all).filter(({ kind }) => kind === 'tcp');
  const twice = tcp.filter(
    ({ port }, index) => tcp.findIndex((each) => each.port === port) < index,
  );
  return twice.map(({ port, service, setting }) => {
    const other = tcp.find((each) => each.port === port)?.service ?? '';
    return `TCP port ${port} is wanted by ${other} and ${service}: change ${setting}.`;
  });
}

import { firstValueFrom } from 'rxjs';
import { NestRedisClient, NestRedisServer, nestRedisOptions } from './nest-redis.js';

/** What happened to an identity; `rekeyed`: its public key, and so its signed one, is new. */
const identityChanges = ['renamed', 'rekeyed', 'removed', 'disabled', 'enabled'] as const;

/** Everything that every replica must hear, by name. */
export interface BusEvents {
  /** Forget what you hold of `id`; `newId` is there when it was renamed. Emitted by the registry. */
  identityChanged: {
    readonly id: string;
    readonly change: (typeof identityChanges)[number];
    readonly newId?: string;
  };
  /**
   * End the relay sessions that fit everything named here, and let those that wait for one go;
   * `reason` is for the log. Emitted by the api once CloseOrders keeps it, for relays follow it from there.
   */
  closeSession: SessionChoice & { readonly reason: string };
  /** Read the relay settings again. Emitted by the api. */
  relaySettingsChanged: Readonly<Record<string, never>>;
}

/** Sessions by what is known of them; at least one of these is there. */
export interface SessionChoice {
  readonly uuid?: string;
  readonly attempt?: string;
  /** Ids that all take part: one for every session of a device, two for those between them. */
  readonly devices?: readonly string[];
  /** Guid of the user who began them, for those who were known to be logged in. */
  readonly user?: string;
}

/** Channel of each event. */
const eventSubjects = {
  identityChanged: 'event.identity-changed',
  closeSession: 'event.close-session',
  relaySettingsChanged: 'event.relay-settings-changed',
} as const satisfies Record<keyof BusEvents, string>;

type Parsers = { readonly [N in keyof BusEvents]: (value: unknown) => BusEvents[N] | undefined };

const parsers: Parsers = {
  identityChanged: (value) => {
    const { id, change, newId } = record(value);
    const known = identityChanges.find((name) => name === change);
    if (typeof id !== 'string' || known === undefined) return undefined;
    return { id, change: known, ...(typeof newId === 'string' ? { newId } : {}) };
  },
  closeSession: parseCloseSession,
  relaySettingsChanged: () => ({}),
};

/**
 * Broadcasts over Nest's Redis transport. A replica that is cut off from Redis misses them: they
 * hasten what would happen anyway, they are not the only way to learn it.
 */
export class Events {
  readonly #client: NestRedisClient;
  readonly #server: NestRedisServer;

  /** `url` is REDIS_URL. */
  constructor(url: string) {
    this.#client = new NestRedisClient(nestRedisOptions(url));
    this.#server = new NestRedisServer(nestRedisOptions(url));
  }

  /** Say before `start` what to listen to. A handler that throws is logged by the transport. */
  on<N extends keyof BusEvents>(name: N, handler: (event: BusEvents[N]) => void): void {
    const parse = parsers[name];
    const run = (value: unknown): Promise<void> => {
      const event = parse(value);
      if (event !== undefined) handler(event);
      return Promise.resolve();
    };
    this.#server.addHandler(eventSubjects[name], run, true);
  }

  /** Starts listening. Rejects when Redis cannot be reached. */
  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const done = (error?: unknown): void => {
        if (error === undefined) resolve();
        else reject(new Error('Redis cannot be reached', { cause: error }));
      };
      void this.#server.listen(done);
    });
  }

  /** Tells every replica, this one too if it listens. Rejects when Redis cannot be reached. */
  async emit<N extends keyof BusEvents>(name: N, event: BusEvents[N]): Promise<void> {
    await firstValueFrom(this.#client.emit(eventSubjects[name], event), {
      defaultValue: undefined,
    });
  }

  async stop(): Promise<void> {
    await Promise.all([this.#client.close(), this.#server.close()]);
  }
}

/** An order to end sessions, as it was sent or kept; undefined when it is none. */
export function parseCloseSession(value: unknown): BusEvents['closeSession'] | undefined {
  const { uuid, attempt, devices, user, reason } = record(value);
  const ids = Array.isArray(devices) ? devices.filter((id) => typeof id === 'string') : [];
  const choice = {
    ...(typeof uuid === 'string' ? { uuid } : {}),
    ...(typeof attempt === 'string' ? { attempt } : {}),
    ...(ids.length > 0 ? { devices: ids } : {}),
    ...(typeof user === 'string' ? { user } : {}),
  };
  // Nothing named would be every session.
  if (typeof reason !== 'string' || Object.keys(choice).length === 0) return undefined;
  return { ...choice, reason };
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

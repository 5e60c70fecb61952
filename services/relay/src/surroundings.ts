import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@waystation/ops';
import { closeRedis, hearTickets, redisReady } from '@waystation/state';
import type {
  EndedSession,
  LiveReplicas,
  RecordStream,
  Redis,
  ReplicaInfo,
  Ticket,
} from '@waystation/state';
import type { Directions } from './directions.js';
import type { LinkListener, LinkPlace } from './link-listener.js';
import type { Registration } from './registration.js';
import type { RunningNews } from './running-news.js';

/** A rendezvous looks once a second. */
const HEARD_MS = 1_500;

/** What surrounds a relay and runs on its own. */
export interface SurroundingParts {
  readonly directions: Directions;
  readonly live: LiveReplicas;
  readonly registration: Registration;
  readonly links: LinkListener;
  readonly linkPlace: LinkPlace;
  /** What this replica says about itself, once the port for links is known. */
  readonly info: (linkPort: number) => ReplicaInfo;
  /** Undefined: tickets are off. */
  readonly heard: ((ticket: Ticket) => void) | undefined;
  readonly subscriber: Redis;
  readonly records: RecordStream<EndedSession>;
  readonly news: RunningNews;
  readonly log: Log;
}

/** Starts what must run before the first client comes, and ends it after the last one has left. */
export class Surroundings {
  readonly #parts: SurroundingParts;

  constructor(parts: SurroundingParts) {
    this.#parts = parts;
  }

  /** Before the ports are open: no leg may claim its uuid for a replica that others cannot find. */
  async start(): Promise<void> {
    const { directions, live, registration, links, linkPlace, info, heard, subscriber } =
      this.#parts;
    if (heard !== undefined) {
      await redisReady(subscriber);
      await hearTickets(subscriber, heard);
    }
    await directions.start();
    await links.open(linkPlace);
    await registration.start(info(links.port));
    await live.start();
    this.#parts.news.start();
    this.#parts.log.info('links from other relays are taken', { port: links.port });
  }

  /**
   * Nobody is to be sent here any more; returns when every rendezvous has had the time to hear of it,
   * after `limitMs` at the latest.
   */
  async drain(limitMs: number): Promise<void> {
    const heard = sleep(Math.min(limitMs, HEARD_MS));
    await Promise.race([this.#parts.registration.drain(), heard]);
    await heard;
  }

  async stop(): Promise<void> {
    const { directions, live, registration, links, subscriber, records, news } = this.#parts;
    live.stop();
    await directions.stop();
    await links.close();
    await registration.stop();
    await Promise.all([records.stop(), news.stop()]);
    await closeRedis(subscriber);
  }
}

import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { Log } from '@waystation/ops';
import type { LeaderLease, Replicas, ReplicaInfo } from '@waystation/state';

/** Well within the 6 s of the lease, and often enough for a standby to take over within 8 s. */
const BEAT_MS = 1_500;

/** What only the leading registry does. */
export interface Duty {
  /** Called when this registry begins to lead, again and again until it succeeds. */
  begin(): Promise<void>;
  /** Called at every beat while it leads. */
  beat(): Promise<void>;
  /** Called when another one leads, and at the end. */
  end(): Promise<void>;
}

/**
 * Makes one of all registries the leader. While Redis is away the leader stays leader: no call can
 * reach it and no other registry can take the lease. What two leaders do for a moment after an
 * outage is harmless, because every change is one atomic script.
 */
export class Leadership implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #lease: LeaderLease;
  readonly #replicas: Replicas;
  readonly #info: ReplicaInfo;
  readonly #duty: Duty;
  readonly #log: Log;
  #leads = false;
  #stopping = false;
  #failing = false;
  #timer: NodeJS.Timeout | undefined;
  #beating: Promise<void> = Promise.resolve();

  constructor(lease: LeaderLease, replicas: Replicas, info: ReplicaInfo, duty: Duty, log: Log) {
    this.#lease = lease;
    this.#replicas = replicas;
    this.#info = info;
    this.#duty = duty;
    this.#log = log;
  }

  get leads(): boolean {
    return this.#leads;
  }

  /** Rejects if the first beat fails, so that a registry that cannot work does not start. */
  async onApplicationBootstrap(): Promise<void> {
    await this.#replicas.announce(this.#info);
    await this.#beat();
    if (!this.#leads) this.#log.info('another registry leads; standing by');
    this.#next();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    await this.#beating;
    await this.#duty.end();
    this.#leads = false;
    await Promise.allSettled([this.#lease.release(), this.#replicas.withdraw()]);
  }

  #next(): void {
    if (this.#stopping) return;
    this.#timer = setTimeout(() => {
      this.#beating = this.#beatSafely();
      void this.#beating.then(() => {
        this.#next();
      });
    }, BEAT_MS);
  }

  async #beatSafely(): Promise<void> {
    try {
      await this.#replicas.refresh();
      await this.#beat();
      this.#failing = false;
    } catch (error) {
      if (!this.#failing)
        this.#log.warn('a beat of the registry failed', { reason: String(error) });
      this.#failing = true;
    }
  }

  async #beat(): Promise<void> {
    const isOurs = await this.#lease.hold();
    if (!isOurs && this.#leads) await this.#stepDown();
    if (isOurs && !this.#leads) await this.#takeOver();
    if (this.#leads) await this.#duty.beat();
  }

  async #takeOver(): Promise<void> {
    await this.#duty.begin();
    this.#leads = true;
    this.#log.info('this registry leads');
  }

  async #stepDown(): Promise<void> {
    this.#leads = false;
    this.#log.warn('another registry has taken over; standing by');
    await this.#duty.end();
  }
}

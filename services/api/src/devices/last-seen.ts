import type { OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import type { Log } from '@waystation/ops';
import type { ConnAuditStore } from '../store/conn-audit-store.js';
import type { DeviceStore } from '../store/device-store.js';

/** How stale "last seen" may be; a heartbeat comes every 15 s. */
const FLUSH_MS = 10_000;

/**
 * Gathers who was heard of, so that a heartbeat costs no write: all devices of ten seconds share a
 * few statements.
 */
export class LastSeen implements OnModuleInit, OnModuleDestroy {
  #devices = new Set<string>();
  #connections = new Map<string, readonly number[]>();
  #timer: NodeJS.Timeout | undefined;
  #flushing = Promise.resolve();

  constructor(
    private readonly devices: DeviceStore,
    private readonly connections: ConnAuditStore,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.#timer = setInterval(() => void this.flush(), FLUSH_MS);
    this.#timer.unref();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }

  /** A heartbeat came. `connIds` are the connections that it says are alive. */
  note(guid: string, id: string, connIds: readonly number[]): void {
    this.#devices.add(guid);
    if (connIds.length > 0) this.#connections.set(id, connIds);
  }

  /** Writes what was gathered; never rejects: the next heartbeats tell the same again. */
  flush(): Promise<void> {
    this.#flushing = this.#flushing.then(() => this.#write());
    return this.#flushing;
  }

  async #write(): Promise<void> {
    const devices = [...this.#devices];
    const connections = [...this.#connections];
    this.#devices = new Set();
    this.#connections = new Map();
    const now = Date.now();
    try {
      await this.devices.markSeen(devices, now);
      for (const [id, connIds] of connections) await this.connections.markSeen(id, connIds, now);
    } catch (error) {
      this.log.warn('could not note who was seen', { devices: devices.length, error });
    }
  }
}

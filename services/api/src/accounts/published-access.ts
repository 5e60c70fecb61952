import type { OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import type { Log } from '@waystation/ops';
import type { AccessRules } from '@waystation/state';
import type { AccessSnapshotStore } from '../store/access-snapshot-store.js';
import type { PublishedRoles } from './published-roles.js';

/** Between two looks whether something has changed: one row, and one field in Redis. */
const LOOK_MS = 1000;

/** What the operator's settings say about access. */
interface AccessSettings {
  readonly accessRules: boolean;
  readonly adminsAccessAll: boolean;
  readonly unassignedDevices: 'allow' | 'deny';
}

/**
 * Tells the rendezvous who may reach what, where the operator wants that, and with which role. The database counts its changes and Redis knows which count
 * it stands at, so whatever was missed, lost or overwritten by another replica is made good a second later.
 */
export class PublishedAccess implements OnModuleInit, OnModuleDestroy {
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #isBehind = false;
  #isOver = false;

  constructor(
    private readonly store: AccessSnapshotStore,
    private readonly rules: AccessRules,
    private readonly roles: PublishedRoles,
    private readonly settings: AccessSettings,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.#schedule(0);
  }

  async onModuleDestroy(): Promise<void> {
    this.#isOver = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  #schedule(afterMs: number): void {
    if (this.#isOver) return;
    this.#timer = setTimeout(() => {
      this.#looking = this.#look().finally(() => this.#schedule(LOOK_MS));
    }, afterMs).unref();
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    try {
      await this.roles.catchUp();
      if (this.settings.accessRules) await this.#catchUp();
      if (this.#isBehind) this.log.info('the rendezvous knows all access rules and roles again');
      this.#isBehind = false;
    } catch (error) {
      if (!this.#isBehind)
        this.log.warn('could not tell the rendezvous access rules and roles', { error });
      this.#isBehind = true;
    }
  }

  async #catchUp(): Promise<void> {
    const { adminsAccessAll, unassignedDevices } = this.settings;
    // The settings belong to what is published: another replica may have been started with others.
    const count = await this.store.revision();
    const revision = `${count} ${unassignedDevices} ${adminsAccessAll ? 'admins' : 'members'}`;
    if ((await this.rules.revision()) === revision) return;
    await this.rules.publish({
      revision,
      unassigned: unassignedDevices === 'allow',
      users: await this.store.users(adminsAccessAll),
      devices: await this.store.devices(),
    });
  }
}

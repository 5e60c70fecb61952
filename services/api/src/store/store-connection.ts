import type { OnApplicationShutdown } from '@nestjs/common';
import type { Health } from '@waystation/ops';
import { sql } from 'kysely';
import type { Store } from './open-store.js';

/** Tells whether the database answers, and closes it after everything else. */
export class StoreConnection implements OnApplicationShutdown {
  constructor(
    private readonly db: Store,
    health: Health,
  ) {
    const ask = async (): Promise<void> => void (await sql`select 1`.execute(db));
    health.addProbe('database', ask, { shared: true });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.db.destroy();
  }
}

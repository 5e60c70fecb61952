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
    health.addProbe('database', async () => {
      await sql`select 1`.execute(db);
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.db.destroy();
  }
}

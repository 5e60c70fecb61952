import { sql } from 'kysely';
import type { LoginGuardTable } from './account-tables.js';
import type { Store } from './open-store.js';

/** The SQL of counted login attempts. */
export class GuardStore {
  constructor(private readonly db: Store) {}

  /** Counts one attempt in the running minute and hour and in the row; returns all counts. */
  count(subject: string, minute: number, hour: number): Promise<LoginGuardTable> {
    const first = { minute_start: minute, minute_failures: 1, hour_start: hour, hour_failures: 1 };
    const next = (start: 'minute_start' | 'hour_start', now: number, column: string) =>
      sql<number>`case when ${sql.ref(`login_guards.${start}`)} = ${now} then ${sql.ref(`login_guards.${column}`)} + 1 else 1 end`;
    return this.db
      .insertInto('login_guards')
      .values({ subject, ...first, failures: 1, blocked_until: 0 })
      .onConflict((conflict) =>
        conflict.column('subject').doUpdateSet({
          minute_failures: next('minute_start', minute, 'minute_failures'),
          hour_failures: next('hour_start', hour, 'hour_failures'),
          minute_start: minute,
          hour_start: hour,
          failures: sql<number>`login_guards.failures + 1`,
        }),
      )
      .returningAll()
      .executeTakeFirstOrThrow();
  }

  async block(subject: string, until: number): Promise<void> {
    await this.db
      .updateTable('login_guards')
      .set({ blocked_until: until })
      .where('subject', '=', subject)
      .execute();
  }

  /** Forgets one attempt: it was no guess. */
  async takeBack(subject: string): Promise<void> {
    const less = (column: string) =>
      sql<number>`case when ${sql.ref(column)} > 0 then ${sql.ref(column)} - 1 else 0 end`;
    await this.db
      .updateTable('login_guards')
      .set({
        minute_failures: less('minute_failures'),
        hour_failures: less('hour_failures'),
        failures: less('failures'),
      })
      .where('subject', '=', subject)
      .execute();
  }

  async clear(subjects: readonly string[]): Promise<void> {
    await this.db.deleteFrom('login_guards').where('subject', 'in', subjects).execute();
  }

  async removeOlderThan(hour: number, now: number): Promise<void> {
    await this.db
      .deleteFrom('login_guards')
      .where('hour_start', '<', hour)
      .where('blocked_until', '<', now)
      .execute();
  }
}

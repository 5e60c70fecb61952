import type { LoginChallengeTable } from './account-tables.js';
import type { Store } from './open-store.js';

/** The SQL of logins that wait for their second step. */
export class ChallengeStore {
  constructor(private readonly db: Store) {}

  async add(row: LoginChallengeTable): Promise<void> {
    await this.db.insertInto('login_challenges').values(row).execute();
  }

  /** Takes one try; undefined when the challenge is unknown, too old, or has none left. */
  tryOnce(hash: string, now: number): Promise<LoginChallengeTable | undefined> {
    return this.db
      .updateTable('login_challenges')
      .set((column) => ({ tries_left: column('tries_left', '-', 1) }))
      .where('hash', '=', hash)
      .where('tries_left', '>', 0)
      .where('expires_at', '>', now)
      .returningAll()
      .executeTakeFirst();
  }

  /** Uses the challenge up; false when another request was first. */
  async finish(hash: string): Promise<boolean> {
    const done = await this.db
      .deleteFrom('login_challenges')
      .where('hash', '=', hash)
      .executeTakeFirst();
    return done.numDeletedRows === 1n;
  }
}

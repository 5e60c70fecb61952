import type { Store } from './open-store.js';
import type { OidcLoginTable } from './sign-in-tables.js';

/** The SQL of clients that wait for a sign-in in a browser. */
export class OidcLoginStore {
  constructor(private readonly db: Store) {}

  async add(row: OidcLoginTable): Promise<void> {
    await this.db.insertInto('oidc_logins').values(row).execute();
  }

  /** How many wait now, in all and of one address. */
  async waiting(address: string, now: number): Promise<{ all: number; here: number }> {
    const open = this.db.selectFrom('oidc_logins').where('expires_at', '>', now);
    const all = open.select(({ fn }) => fn.countAll<number>().as('count'));
    const here = all.where('address', '=', address);
    return {
      all: (await all.executeTakeFirstOrThrow()).count,
      here: (await here.executeTakeFirstOrThrow()).count,
    };
  }

  byCode(codeHash: string, now: number): Promise<OidcLoginTable | undefined> {
    return this.db
      .selectFrom('oidc_logins')
      .selectAll()
      .where('code_hash', '=', codeHash)
      .where('expires_at', '>', now)
      .executeTakeFirst();
  }

  /** Takes the state; undefined when it is unknown, over, or was taken before. */
  takeState(stateHash: string, now: number): Promise<OidcLoginTable | undefined> {
    return this.db
      .updateTable('oidc_logins')
      .set({ stage: 'checking' })
      .where('state_hash', '=', stateHash)
      .where('stage', '=', 'waiting')
      .where('expires_at', '>', now)
      .returningAll()
      .executeTakeFirst();
  }

  /** What the browser brought was checked. */
  async checked(
    codeHash: string,
    found: Pick<OidcLoginTable, 'stage' | 'user_guid' | 'confirm_hash' | 'answer'>,
  ): Promise<void> {
    await this.db
      .updateTable('oidc_logins')
      .set(found)
      .where('code_hash', '=', codeHash)
      .where('stage', '=', 'checking')
      .execute();
  }

  /** Takes the person's answer; false when nobody was asked this, or it was answered before. */
  async confirm(
    confirmHash: string,
    found: Pick<OidcLoginTable, 'stage' | 'answer'>,
    now: number,
  ): Promise<boolean> {
    const done = await this.db
      .updateTable('oidc_logins')
      .set({ ...found, confirm_hash: '' })
      .where('confirm_hash', '=', confirmHash)
      .where('stage', '=', 'asking')
      .where('expires_at', '>', now)
      .executeTakeFirst();
    return done.numUpdatedRows === 1n;
  }

  /** Keeps the answer for repeated questions; false when another request gave one first. */
  async answer(codeHash: string, sealed: string, now: number): Promise<boolean> {
    const done = await this.db
      .updateTable('oidc_logins')
      .set({ answer: sealed, answered_at: now })
      .where('code_hash', '=', codeHash)
      .where('stage', '=', 'good')
      .where('answered_at', 'is', null)
      .executeTakeFirst();
    return done.numUpdatedRows === 1n;
  }

  /** Forgets what is over, and answers that were given before `answeredBefore`. */
  async removeOver(now: number, answeredBefore: number): Promise<void> {
    await this.db
      .deleteFrom('oidc_logins')
      .where((where) =>
        where.or([where('expires_at', '<=', now), where('answered_at', '<', answeredBefore)]),
      )
      .execute();
  }
}

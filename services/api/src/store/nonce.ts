import type { Store } from './open-store.js';

/** Names one audit record, so that a repeated post is not a second record; clients before 1.5 send none. */
export type Nonce = string | undefined;

/**
 * Writes unless the nonce has been seen. The nonce is kept by the same transaction, so that a failed
 * write releases it and the client's next try stores the record.
 */
export async function oncePerNonce(
  db: Store,
  nonce: Nonce,
  write: (trx: Store) => Promise<void>,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    if (nonce !== undefined) {
      const kept = await trx
        .insertInto('audit_nonces')
        .values({ nonce, seen_at: Date.now() })
        .onConflict((conflict) => conflict.column('nonce').doNothing())
        .executeTakeFirst();
      if (kept.numInsertedOrUpdatedRows !== 1n) return;
    }
    await write(trx);
  });
}

import { type RawBuilder, type UpdateObject, sql } from 'kysely';
import type { Flag } from './account-tables.js';
import type { Store } from './open-store.js';
import type { SessionTable } from './record-tables.js';
import type { Schema } from './schema.js';

/** Rows in one statement. */
const CHUNK = 100;

/** The end of a session whose relay is not heard of any more; it is undone when the relay is back. */
export const LOST = 'lost';

/** What a relay knows better than everybody else. */
const RELAY_FACTS = [
  ...(['uuid', 'path', 'verified', 'relay', 'started_at', 'ended_at', 'end_seen'] as const),
  ...(['end_reason', 'bytes', 'caller_bytes', 'callee_bytes', 'caller_ip', 'callee_ip'] as const),
  ...(['caller_transport', 'callee_transport', 'callee_id'] as const),
];

/** The SQL that keeps sessions: each teller fills in what it knows, in whatever order they come. */
export class SessionStore {
  constructor(private readonly db: Store) {}

  /** What relays told of sessions that are over. The same record again changes nothing. */
  async addEnded(rows: readonly SessionTable[]): Promise<void> {
    await this.#upsert(rows, told(RELAY_FACTS));
  }

  /** What relays told of sessions that go on. Older news, and news of what is over, changes nothing. */
  async addRunning(rows: readonly SessionTable[]): Promise<void> {
    const isNews = sql<boolean>`(sessions.ended_at is null or sessions.end_reason = ${LOST})
      and coalesce(sessions.seen_at, 0) <= excluded.seen_at`;
    await this.#upsert(rows, told([...RELAY_FACTS, 'seen_at']), isNews);
  }

  /** What callers showed to a rendezvous; where a relay has told more exactly, that stays. */
  async addShown(rows: readonly SessionTable[]): Promise<void> {
    await this.#upsert(rows, {
      verified: 1,
      started_at: unlessRelayed<number>('started_at', 'excluded.started_at'),
      ended_at: unlessRelayed<number>('ended_at', 'coalesce(excluded.ended_at, sessions.ended_at)'),
      end_seen: unlessRelayed<Flag>(
        'end_seen',
        'case when excluded.end_seen = 1 then 1 else sessions.end_seen end',
      ),
      end_reason: unlessRelayed<string>(
        'end_reason',
        'case when excluded.end_seen = 1 then excluded.end_reason else sessions.end_reason end',
      ),
    });
  }

  byGuid(guid: string): Promise<SessionTable | undefined> {
    const found = this.db.selectFrom('sessions').selectAll();
    return found.where('guid', '=', guid).executeTakeFirst();
  }

  async #upsert(
    rows: readonly SessionTable[],
    changes: UpdateObject<Schema, 'sessions'>,
    condition = sql<boolean>`1 = 1`,
  ): Promise<void> {
    await this.db.transaction().execute(async (trx) => {
      for (const chunk of statements(rows)) {
        await trx
          .insertInto('sessions')
          .values(chunk)
          .onConflict((conflict) => conflict.column('guid').doUpdateSet(changes).where(condition))
          .execute();
      }
    });
  }
}

function told(names: readonly (keyof SessionTable)[]): UpdateObject<Schema, 'sessions'> {
  return Object.fromEntries(names.map((name) => [name, sql.ref(`excluded.${name}`)]));
}

/** Rows that one statement can take: not too many, and no session twice, which PostgreSQL refuses. */
function statements(rows: readonly SessionTable[]): SessionTable[][] {
  const all: { readonly guids: Set<string>; readonly chunk: SessionTable[] }[] = [];
  for (const row of rows) {
    const last = all.at(-1);
    if (last === undefined || last.chunk.length >= CHUNK || last.guids.has(row.guid)) {
      all.push({ guids: new Set([row.guid]), chunk: [row] });
    } else {
      last.guids.add(row.guid);
      last.chunk.push(row);
    }
  }
  return all.map(({ chunk }) => chunk);
}

function unlessRelayed<T>(name: keyof SessionTable, value: string): RawBuilder<T> {
  const own = sql.ref(`sessions.${name}`);
  return sql<T>`case when sessions.path = 'relayed' then ${own} else ${sql.raw(value)} end`;
}

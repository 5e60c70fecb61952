import { parseJson } from '../http/json-body.js';
import type { AttemptTable, SessionTable } from '../store/record-tables.js';
import { explained } from './outcomes.js';

/** A session as operators see it; nothing in it is known to be untrue, but `claimed` is the device's word. */
export function sessionView({ joined: _, end_seen, verified, ...row }: SessionTable): object {
  return {
    ...row,
    trust: verified === 1 ? 'verified' : 'claimed',
    end_seen: end_seen === 1,
    lasted_ms: row.ended_at === null ? null : Math.max(0, row.ended_at - row.started_at),
  };
}

/** An attempt as operators see it, with the words that say what its outcome means. */
export function attemptView({ steps, ...row }: AttemptTable): object {
  const { reached, why, hint } = explained(row.outcome);
  return { ...row, reached, why, hint, steps: parseJson(steps) };
}

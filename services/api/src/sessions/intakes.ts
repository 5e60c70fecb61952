import { type Redis, RecordGroup, keys } from '@waystation/state';
import { fieldsOf } from '../http/fields.js';
import type { AttemptStore } from '../store/attempt-store.js';
import type { SessionStore } from '../store/session-store.js';
import { attemptRow } from './attempt-row.js';
import type { Intake } from './record-intake.js';
import { endedRow, runningRow, shownRow } from './session-row.js';

/** All replicas of the api divide the records among them. */
const GROUP = 'api';

/** The streams that the api keeps in its database. */
export function intakesOf(
  redis: Redis,
  reader: string,
  attempts: AttemptStore,
  sessions: SessionStore,
): Intake[] {
  return [
    {
      stream: keys.attempts,
      group: new RecordGroup(redis, keys.attempts, GROUP, reader),
      store: async (records) => {
        const tried = records.map(attemptRow).filter((row) => row !== undefined);
        const shown = records.map(shownRow).filter((row) => row !== undefined);
        await attempts.add(tried);
        await sessions.addShown(shown);
        return records.filter(isKnownKind).length;
      },
    },
    {
      stream: keys.sessions,
      group: new RecordGroup(redis, keys.sessions, GROUP, reader),
      store: async (records) => {
        const rows = records.map(endedRow).filter((row) => row !== undefined);
        await sessions.addEnded(rows);
        return rows.length;
      },
    },
    {
      stream: keys.runningSessions,
      group: new RecordGroup(redis, keys.runningSessions, GROUP, reader),
      store: async (records) => {
        const rows = records.map(runningRow).filter((row) => row !== undefined);
        await sessions.addRunning(rows);
        return rows.length;
      },
    },
  ];
}

/** The beginning of a session without an attempt is understood, and kept only with its end. */
function isKnownKind(record: unknown): boolean {
  const kind = fieldsOf(record)['kind'];
  return kind === 'session-began' || kind === 'session-ended' || attemptRow(record) !== undefined;
}

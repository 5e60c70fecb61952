import type { Provider } from '@nestjs/common';
import { LOG, type Log, Metrics, REPLICA } from '@waystation/ops';
import type { Redis } from '@waystation/state';
import { provide } from '../http/provide.js';
import { REDIS } from '../connections/connection-parts.js';
import { AttemptStore } from '../store/attempt-store.js';
import { ConnAuditStore } from '../store/conn-audit-store.js';
import { SessionJoins } from '../store/session-joins.js';
import { SessionStore } from '../store/session-store.js';
import { intakesOf } from './intakes.js';
import { RecordIntake } from './record-intake.js';
import { SessionFiles } from './session-files.js';
import { SessionJoiner } from './session-joiner.js';

/** What relays and rendezvous tell of attempts and sessions. */
export const sessionParts: Provider[] = [
  provide(SessionJoiner, SessionJoins, AttemptStore),
  provide(SessionFiles, SessionStore, AttemptStore, ConnAuditStore),
  {
    provide: RecordIntake,
    useFactory: (
      redis: Redis,
      replica: string,
      attempts: AttemptStore,
      sessions: SessionStore,
      joiner: SessionJoiner,
      log: Log,
      metrics: Metrics,
    ) => new RecordIntake(intakesOf(redis, replica, attempts, sessions), joiner, log, metrics),
    inject: [REDIS, REPLICA, AttemptStore, SessionStore, SessionJoiner, LOG, Metrics],
  },
];

import type { AttemptStore } from '../store/attempt-store.js';
import type { ConnAuditStore } from '../store/conn-audit-store.js';
import type { SessionStore } from '../store/session-store.js';
import { attemptView, sessionView } from './views.js';

/** Everything that is known of one session or one attempt. */
export class SessionFiles {
  constructor(
    private readonly sessions: SessionStore,
    private readonly attempts: AttemptStore,
    private readonly reports: ConnAuditStore,
  ) {}

  /** Undefined when there is no such session. */
  async session(guid: string): Promise<object | undefined> {
    const session = await this.sessions.byGuid(guid);
    if (session === undefined) return undefined;
    const attempt = await this.attempts.byName(guid);
    const report = await this.reports.reportOf(guid);
    return {
      ...sessionView(session),
      attempt_made: attempt === undefined ? null : attemptView(attempt),
      report: report ?? null,
    };
  }

  /** Undefined when there is no such attempt. */
  async attempt(name: string): Promise<object | undefined> {
    const attempt = await this.attempts.byName(name);
    if (attempt === undefined) return undefined;
    const session = await this.sessions.byGuid(name);
    return {
      ...attemptView(attempt),
      session: session === undefined ? null : sessionView(session),
    };
  }
}

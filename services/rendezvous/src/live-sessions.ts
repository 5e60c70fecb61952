import type { ExpectedSessions, TokenOwner } from '@waystation/state';
import { limiterKey } from '@waystation/wire';
import type { AttemptRecords } from './attempt-records.js';
import type { Clock } from './clock.js';

/** A session that its caller shows to live, from its beginning to `ended`. */
export interface LiveSession {
  /** The connection that showed it has closed, for this reason. Counts once. */
  ended(reason: string): void;
}

/** Sessions whose callers keep a connection open to show that they live (protocol 6.14). */
export class LiveSessions {
  private readonly live = new Set<LiveSession>();

  constructor(
    private readonly expected: Pick<ExpectedSessions, 'expect' | 'take'>,
    private readonly records: Pick<AttemptRecords, 'session'>,
    private readonly clock: Clock,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Sessions that live now, as far as this replica holds their connections. */
  get size(): number {
    return this.live.size;
  }

  /** An attempt of this user has been answered, and its caller told to show its session. */
  expect(owner: TokenOwner, ip: string, attempt: string): void {
    this.expected.expect(limiterKey(ip), owner.user, attempt).catch(this.failed);
  }

  /** A caller shows its session. Never rejects. */
  async begin(owner: TokenOwner, callerIp: string): Promise<LiveSession> {
    const attempt = await this.attemptOf(owner, callerIp);
    const beganMs = this.clock();
    this.records.session('session-began', owner, { attempt, callerIp, lastedMs: 0, reason: '' });
    const session: LiveSession = {
      ended: (reason) => {
        if (!this.live.delete(session)) return;
        const lastedMs = Math.round(this.clock() - beganMs);
        this.records.session('session-ended', owner, { attempt, callerIp, lastedMs, reason });
      },
    };
    this.live.add(session);
    return session;
  }

  /** Empty when it is not known. */
  private async attemptOf(owner: TokenOwner, ip: string): Promise<string> {
    try {
      return (await this.expected.take(limiterKey(ip), owner.user)) ?? '';
    } catch (error) {
      this.failed(error);
      return '';
    }
  }
}

import type { SignedIn } from '../accounts/login-tokens.js';
import type { ConsoleAudit } from './console-audit.js';

/** A player asks for one recording in many ranges; that is one entry. */
const SAME_MS = 10 * 60_000;
const LIMIT = 1000;

/** Notes who has fetched which recording. */
export class RecordingFetches {
  /** By reader and recording, when it was noted; the oldest first. */
  readonly #noted = new Map<string, number>();

  constructor(private readonly audit: ConsoleAudit) {}

  async note(caller: SignedIn, recording: string): Promise<void> {
    const key = `${caller.user.guid} ${caller.address ?? ''} ${recording}`;
    const now = performance.now();
    const before = this.#noted.get(key);
    if (before !== undefined && now - before < SAME_MS) return;
    await this.audit.note(caller, 'recording', 'fetchRecording', recording);
    this.#noted.delete(key);
    this.#noted.set(key, now);
    const [oldest] = this.#noted.keys();
    if (this.#noted.size > LIMIT && oldest !== undefined) this.#noted.delete(oldest);
  }
}

import { timingSafeEqual } from 'node:crypto';
import type { ServerKey, ServerKeyFacts } from '@waystation/state';

/** How often the published facts are read again: the registry may have restarted with another key. */
const REFRESH_MS = 10_000;

/** The server's key facts as last read. */
export class ServerFacts {
  private timer: NodeJS.Timeout | undefined;
  private licence: Buffer = Buffer.alloc(0);
  private canSign = false;

  constructor(
    private readonly source: Pick<ServerKey, 'read' | 'wait'>,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Waits for a registry that is just starting; throws a sentence when there is none. */
  async start(timeoutMs: number): Promise<void> {
    this.take(await this.source.wait(timeoutMs));
    this.timer = setInterval(() => void this.refresh(), REFRESH_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** False: no signed ids and no secure TCP (protocol 5.2). */
  get signs(): boolean {
    return this.canSign;
  }

  /** True when no key is demanded or this is it. Takes the same time for every wrong key of one length. */
  acceptsKey(given: string): boolean {
    if (this.licence.length === 0) return true;
    const key = Buffer.from(given);
    return key.length === this.licence.length && timingSafeEqual(key, this.licence);
  }

  private async refresh(): Promise<void> {
    try {
      const facts = await this.source.read();
      if (facts !== undefined) this.take(facts);
    } catch (error) {
      // The last facts stay: Redis being away must not change what callers are told.
      this.failed(error);
    }
  }

  private take(facts: ServerKeyFacts): void {
    this.licence = Buffer.from(facts.licenceKey);
    this.canSign = facts.signs;
  }
}

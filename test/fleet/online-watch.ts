import { setTimeout as sleep } from 'node:timers/promises';
import { loopbackAddress, onlineStates, type ServerAddress } from '@waystation/testkit';

const LOOK_EVERY_MS = 100;

/** Asks again and again which devices are online and remembers every one that ever was not. */
export class OnlineWatch {
  /** Ids that were told offline, since the start or the last `forget`. */
  readonly seenOffline = new Set<string>();
  /** Answers that came. */
  looks = 0;
  private stopped = false;
  private readonly watching: Promise<void>;

  constructor(
    private readonly servers: () => readonly ServerAddress[],
    private readonly ids: readonly string[],
  ) {
    this.watching = this.watch();
  }

  /** Ends the watch. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.watching;
  }

  private async watch(): Promise<void> {
    for (let n = 0; !this.stopped; n++) {
      const servers = this.servers();
      const server = servers[n % servers.length];
      if (server) await this.look(server, loopbackAddress(6000 + (n % 200)));
      await sleep(LOOK_EVERY_MS);
    }
  }

  private async look(server: ServerAddress, from: string): Promise<void> {
    let states: boolean[];
    try {
      states = await onlineStates(server, this.ids, { from });
    } catch {
      // The replica that was asked died: clients ask again, so does this one.
      return;
    }
    this.looks += 1;
    states.forEach((online, n) => {
      const id = this.ids[n];
      if (!online && id !== undefined) this.seenOffline.add(id);
    });
  }
}

import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Caller, Device, loopbackAddress, type Leg, type Stack } from '@waystation/testkit';

const CHUNK_BYTES = 50_000;
const BETWEEN_MS = 100;

/** One device that is called again and again through a relay; both sides send all the while. */
export class Lane {
  /** Sessions whose every byte came, both ways. */
  whole = 0;
  /** Whether bytes move right now. */
  isLive = false;
  /** What went wrong, in words. */
  readonly failures: string[] = [];
  private readonly device: Device;
  private isOver = false;

  /** @param chunks how much each side sends in a session: 50 kB each, ten a second */
  constructor(
    private readonly stack: Stack,
    private readonly number: number,
    private readonly chunks: number,
  ) {
    const from = loopbackAddress(2 * number);
    this.device = new Device({ server: stack.server(), key: stack.key, from });
  }

  /** Registers the device. */
  async open(): Promise<void> {
    await this.device.start();
  }

  /** Sessions one after the other; after `finish` it returns with the end of the one that runs. */
  async run(): Promise<void> {
    while (!this.isOver) {
      try {
        await this.session();
        this.whole += 1;
      } catch (error) {
        this.failures.push(`lane ${String(this.number)}: ${String(error)}`);
      }
    }
    this.device.stop();
  }

  finish(): void {
    this.isOver = true;
  }

  private async session(): Promise<void> {
    const { stack, device, number } = this;
    const caller = new Caller({
      server: stack.server(),
      key: stack.key,
      from: loopbackAddress(2 * number + 1),
      forceRelay: true,
      encrypt: false,
    });
    try {
      const [mine, theirs] = await Promise.all([caller.connect(device.id), device.session()]);
      this.isLive = true;
      const [there, back] = await Promise.all([
        transfer(mine.leg, theirs.leg, this.chunks),
        transfer(theirs.leg, mine.leg, this.chunks),
      ]);
      if (!there || !back) throw new Error('other bytes arrived than were sent');
    } finally {
      this.isLive = false;
      caller.stop();
    }
  }
}

/** Whether what arrives is what was sent. */
async function transfer(from: Leg, to: Leg, chunks: number): Promise<boolean> {
  const [sent, received] = await Promise.all([send(from, chunks), receive(to, chunks)]);
  return sent === received;
}

async function send(leg: Leg, chunks: number): Promise<string> {
  const hash = createHash('sha256');
  for (let i = 0; i < chunks; i += 1) {
    const chunk = randomBytes(CHUNK_BYTES);
    hash.update(chunk);
    await leg.send(chunk);
    await sleep(BETWEEN_MS);
  }
  return hash.digest('hex');
}

async function receive(leg: Leg, chunks: number): Promise<string> {
  const hash = createHash('sha256');
  for (let i = 0; i < chunks; i += 1) {
    const chunk = await leg.receive();
    if (chunk === undefined) throw new Error(`cut after ${String(i * CHUNK_BYTES)} bytes`);
    hash.update(chunk);
  }
  return hash.digest('hex');
}

import { setTimeout as sleep } from 'node:timers/promises';
import { loopbackAddress } from '@waystation/testkit';
import type { Subject } from '../heartbeats/subjects.js';
import type { GcLog } from './gc-log.js';
import { attempt, type PunchTimes } from './punch-attempt.js';
import { PunchDevice } from './punch-device.js';

const RUSH_CALLERS = 32;
/** Callers' addresses begin behind those of the devices. */
const CALLER_ADDRESSES = 20_000;
/** Devices that register at the same time. */
const TOGETHER = 20;

/** A subject with its devices registered, and callers that ask for them in turn. */
export class PunchRange {
  private turn = 0;

  constructor(
    readonly subject: Subject,
    /** Undefined for a program that is not ours. */
    readonly garbage: GcLog | undefined,
    private readonly devices: readonly PunchDevice[],
  ) {}

  static async prepare(
    subject: Subject,
    garbage: GcLog | undefined,
    count: number,
  ): Promise<PunchRange> {
    const port = subject.ports.at(-1) ?? 0;
    const devices = Array.from(
      { length: count },
      (_, n) => new PunchDevice(n, port, loopbackAddress(n)),
    );
    for (let n = 0; n < count; n += TOGETHER) {
      await Promise.all(devices.slice(n, n + TOGETHER).map((device) => device.start()));
    }
    return new PunchRange(subject, garbage, devices);
  }

  /** Attempts at an even pace, whether earlier ones are answered or not. */
  async paced(count: number, perSecond: number): Promise<(PunchTimes | undefined)[]> {
    const start = performance.now();
    const running: Promise<PunchTimes | undefined>[] = [];
    for (let n = 0; n < count; n++) {
      const dueMs = start + (n * 1000) / perSecond;
      if (dueMs > performance.now()) await sleep(dueMs - performance.now());
      running.push(this.attempt());
    }
    return Promise.all(running);
  }

  /** Attempts as fast as a number of callers gets them answered; how many were. */
  async rush(count: number): Promise<number> {
    let left = count;
    let arrived = 0;
    const caller = async (): Promise<void> => {
      while (left-- > 0) {
        if ((await this.attempt()) !== undefined) arrived += 1;
      }
    };
    await Promise.all(Array.from({ length: RUSH_CALLERS }, caller));
    return arrived;
  }

  stop(): void {
    for (const device of this.devices) device.stop();
    this.garbage?.remove();
  }

  /** The next device in turn is asked for from the next address in turn. */
  private attempt(): Promise<PunchTimes | undefined> {
    const turn = this.turn++;
    const device = this.devices[turn % this.devices.length];
    if (device === undefined) throw new Error('no device');
    const ip = loopbackAddress(CALLER_ADDRESSES + (turn % CALLER_ADDRESSES));
    return attempt({ port: this.subject.ports[0] ?? 0, ip, key: this.subject.key }, device);
  }
}

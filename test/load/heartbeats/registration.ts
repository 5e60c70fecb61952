import { createHash } from 'node:crypto';
import type { Libc } from '@waystation/datagrams';
import { RegisterPkResult, decodeMessage, encodeMessage } from '@waystation/wire';
import type { DeviceSwarm } from './device-swarm.js';
import { deviceId } from './flood.js';

/** How long a device waits for an answer before it asks again, as clients do. */
const REPEAT_MS = 3000;
const PAUSE_MICROSECONDS = 200;

/** Devices to register, and how many may wait for their answer at a time. */
export interface RegistrationOptions {
  readonly devices: number;
  readonly inFlight: number;
  readonly timeoutMs: number;
}

/** What came of it. */
export interface RegistrationResult {
  readonly accepted: number;
  readonly refused: number;
  readonly repeated: number;
  readonly seconds: number;
}

/** The RegisterPk of device n: uuid and key follow from its number, so every run sends the same. */
export function registrationOf(device: number): Buffer {
  const uuid = createHash('md5').update(`uuid ${device}`).digest();
  const pk = createHash('sha256').update(`pk ${device}`).digest();
  return encodeMessage('registerPk', { id: deviceId(device), uuid, pk });
}

/** Registers all devices, blocking this thread; ends early when nothing is accepted any more. */
export function registerAll(
  libc: Libc,
  swarm: DeviceSwarm,
  options: RegistrationOptions,
): RegistrationResult {
  const start = performance.now();
  const round = new Round(swarm, options);
  while (!round.done && performance.now() - start < options.timeoutMs) {
    swarm.receive(round.hear);
    round.fill(performance.now());
    swarm.flush();
    libc.usleep(PAUSE_MICROSECONDS);
  }
  return { ...round.result(), seconds: (performance.now() - start) / 1000 };
}

class Round {
  private next = 0;
  private accepted = 0;
  private refused = 0;
  private repeated = 0;
  private readonly waiting = new Map<number, number>();

  constructor(
    private readonly swarm: DeviceSwarm,
    private readonly options: RegistrationOptions,
  ) {}

  get done(): boolean {
    return this.next === this.options.devices && this.waiting.size === 0;
  }

  readonly hear = (device: number, memory: Buffer, start: number, length: number): void => {
    const message = decodeMessage(memory.subarray(start, start + length));
    if (message.name !== 'registerPkResponse' || !this.waiting.delete(device)) return;
    if (message.value.result === RegisterPkResult.OK) this.accepted += 1;
    else this.refused += 1;
  };

  /** Lets more devices speak, and those again that have waited too long. */
  fill(now: number): void {
    while (this.waiting.size < this.options.inFlight && this.next < this.options.devices) {
      this.ask(this.next++, now);
    }
    for (const [device, askedAt] of this.waiting) {
      // Oldest first: the first one that is not due ends the search.
      if (now - askedAt < REPEAT_MS) break;
      this.repeated += 1;
      this.waiting.delete(device);
      this.ask(device, now);
    }
  }

  result(): Omit<RegistrationResult, 'seconds'> {
    const { accepted, refused, repeated } = this;
    return { accepted, refused, repeated };
  }

  private ask(device: number, now: number): void {
    this.swarm.queue(device, registrationOf(device));
    this.waiting.set(device, now);
  }
}

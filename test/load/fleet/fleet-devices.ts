import type { Libc } from '@waystation/datagrams';
import { REGISTER_PEER_KNOWN, RegisterPkResult, decodeMessage } from '@waystation/wire';
import { DeviceSwarm, type SwarmOptions } from '../heartbeats/device-swarm.js';
import { heartbeatOf } from '../heartbeats/flood.js';
import { Latencies } from '../heartbeats/latencies.js';
import { registrationOf } from '../heartbeats/registration.js';
import { TimingWheel } from './timing-wheel.js';

/** A client asks again when an answer stays out this long, and after a refusal waits this long (protocol 1.4, 6.2). */
const REPEAT_MS = 3_000;
const REFUSED_MS = 15_000;

export interface FleetOptions {
  readonly swarm: SwarmOptions;
  readonly devices: number;
  readonly heartbeatMs: number;
  /** Time over which the devices are switched on. */
  readonly rampMs: number;
}

/** What has happened since the last mark. */
export interface FleetCounts {
  readonly sinceMs: number;
  /** Devices that were told "all is well" at least once. */
  readonly online: number;
  readonly heartbeats: number;
  /** Heartbeats and registrations sent again for lack of an answer. */
  readonly repeats: number;
  readonly known: number;
  readonly keyRequests: number;
  readonly registrations: number;
  readonly accepted: number;
  readonly refused: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpuSeconds: number;
}

/** Devices that behave as clients do: heartbeat, repeat, register when asked. */
export class FleetDevices {
  private readonly swarm: DeviceSwarm;
  private readonly wheel: TimingWheel;
  private readonly heartbeats: readonly Buffer[];
  private readonly sentAt: Float64Array;
  /** 1: an answer is awaited. */
  private readonly waiting: Uint8Array;
  /** 1: RegisterPk is what it has to send. */
  private readonly unregistered: Uint8Array;
  private online: Uint8Array;
  private counts = zero();
  private latencies = new Latencies();
  private markedAt = performance.now();
  private markedCpu = process.cpuUsage();

  constructor(
    libc: Libc,
    private readonly options: FleetOptions,
  ) {
    const { devices, rampMs } = options;
    const now = performance.now();
    this.swarm = new DeviceSwarm(libc, options.swarm);
    this.wheel = new TimingWheel(devices, now);
    this.heartbeats = Array.from({ length: devices }, (_, device) => heartbeatOf(device));
    this.sentAt = new Float64Array(devices);
    this.waiting = new Uint8Array(devices);
    this.unregistered = new Uint8Array(devices);
    this.online = new Uint8Array(devices);
    for (let device = 0; device < devices; device++) {
      this.wheel.set(device, now + (rampMs * device) / devices);
    }
  }

  /** Takes answers and sends what is due; call every millisecond or two. */
  step(): void {
    this.swarm.receive(this.hear);
    this.wheel.advance(performance.now(), this.fire);
    this.swarm.flush();
  }

  /** Begins to count anew. */
  mark(): void {
    this.counts = zero();
    this.latencies = new Latencies();
    this.online = new Uint8Array(this.options.devices);
    this.markedAt = performance.now();
    this.markedCpu = process.cpuUsage();
  }

  read(): FleetCounts {
    const { user, system } = process.cpuUsage(this.markedCpu);
    return {
      ...this.counts,
      online: this.online.reduce((sum, one) => sum + one, 0),
      sinceMs: performance.now() - this.markedAt,
      p50Ms: this.latencies.quantileMs(0.5),
      p99Ms: this.latencies.quantileMs(0.99),
      cpuSeconds: (user + system) / 1e6,
    };
  }

  close(): void {
    this.swarm.close();
  }

  private readonly fire = (device: number): void => {
    if (this.waiting[device] === 1) this.counts.repeats += 1;
    this.speak(device);
  };

  private speak(device: number): void {
    const now = performance.now();
    const registers = this.unregistered[device] === 1;
    if (registers) this.counts.registrations += 1;
    else this.counts.heartbeats += 1;
    const heartbeat = this.heartbeats[device] ?? heartbeatOf(device);
    this.swarm.queue(device, registers ? registrationOf(device) : heartbeat);
    this.waiting[device] = 1;
    this.sentAt[device] = now;
    this.wheel.set(device, now + REPEAT_MS);
  }

  private readonly hear = (device: number, memory: Buffer, start: number, length: number): void => {
    if (device >= this.options.devices) return;
    const isKnown =
      length === REGISTER_PEER_KNOWN.length && memory.readUInt16BE(start) === KNOWN_BYTES;
    if (isKnown) this.heardKnown(device);
    else this.heardOther(device, memory.subarray(start, start + length));
  };

  private heardKnown(device: number): void {
    if (this.waiting[device] !== 1 || this.unregistered[device] === 1) return;
    const sentAt = this.sentAt[device] ?? 0;
    this.waiting[device] = 0;
    this.counts.known += 1;
    this.online[device] = 1;
    this.latencies.add(performance.now() - sentAt);
    this.wheel.set(device, sentAt + this.options.heartbeatMs);
  }

  private heardOther(device: number, bytes: Buffer): void {
    const message = decodeMessage(bytes);
    if (message.name === 'registerPeerResponse') {
      this.counts.keyRequests += 1;
      this.unregistered[device] = 1;
      this.speak(device);
      return;
    }
    if (message.name !== 'registerPkResponse') return;
    if (message.value.result === RegisterPkResult.OK) {
      this.counts.accepted += 1;
      this.unregistered[device] = 0;
      this.speak(device);
      return;
    }
    this.counts.refused += 1;
    this.waiting[device] = 0;
    this.wheel.set(device, performance.now() + REFUSED_MS);
  }
}

const KNOWN_BYTES = REGISTER_PEER_KNOWN.readUInt16BE(0);

type Counters = Omit<FleetCounts, 'sinceMs' | 'online' | 'p50Ms' | 'p99Ms' | 'cpuSeconds'>;

function zero(): { -readonly [N in keyof Counters]: number } {
  return {
    heartbeats: 0,
    repeats: 0,
    known: 0,
    keyRequests: 0,
    registrations: 0,
    accepted: 0,
    refused: 0,
  };
}

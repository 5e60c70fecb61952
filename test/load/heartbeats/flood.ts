import type { Libc } from '@waystation/datagrams';
import { REGISTER_PEER_KNOWN, encodeMessage } from '@waystation/wire';
import type { DeviceSwarm } from './device-swarm.js';
import { Latencies } from './latencies.js';

/** A flood of heartbeats. */
export interface FloodOptions {
  readonly devices: number;
  /** Heartbeats per second, all devices together. */
  readonly rate: number;
  readonly seconds: number;
  /** Heartbeats that leave together; the smaller, the more like a real fleet and the dearer. */
  readonly burst: number;
}

/** What came of it. */
export interface FloodResult {
  readonly sent: number;
  /** Answered "all is well". */
  readonly known: number;
  /** Any other answer. */
  readonly other: number;
  readonly seconds: number;
  /** Milliseconds from heartbeat to answer, of all that were answered. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const FIRST_ID = 100_000_000;
const SHORTEST_PAUSE_MICROSECONDS = 10;
/** Answers are looked for at least this often, since their latency is measured when they are taken. */
const LONGEST_PAUSE_MICROSECONDS = 200;
/** Time after the last heartbeat in which answers still count. */
const AFTERGLOW_MS = 300;

/** The id of device n. */
export function deviceId(device: number): string {
  return String(FIRST_ID + device);
}

/** The heartbeat of device n as current clients send it. */
export function heartbeatOf(device: number): Buffer {
  return encodeMessage('registerPeer', { id: deviceId(device), serial: 3 });
}

/** Sends heartbeats of all devices in turn at an even rate, blocking this thread. */
export function flood(libc: Libc, swarm: DeviceSwarm, options: FloodOptions): FloodResult {
  const heartbeats = Array.from({ length: options.devices }, (_, n) => heartbeatOf(n));
  const sentAt = new Float64Array(options.devices);
  const tally = new Tally(sentAt);
  const start = performance.now();
  const total = Math.round(options.rate * options.seconds);
  let sent = 0;
  while (sent < total) {
    const now = performance.now();
    const due = Math.min(total, Math.floor(((now - start) * options.rate) / 1000));
    if (due - sent < options.burst && due < total) {
      swarm.receive(tally.hear);
      pause(libc, start + ((sent + options.burst) * 1000) / options.rate);
      continue;
    }
    const end = Math.min(due, sent + options.burst);
    for (; sent < end; sent++) {
      const device = sent % options.devices;
      sentAt[device] = now;
      swarm.queue(device, heartbeats[device] ?? Buffer.alloc(0));
    }
    swarm.flush();
  }
  const seconds = (performance.now() - start) / 1000;
  const end = performance.now() + AFTERGLOW_MS;
  while (performance.now() < end) swarm.receive(tally.hear);
  return { sent, seconds, ...tally.result() };
}

function pause(libc: Libc, untilMs: number): void {
  const microseconds = Math.floor((untilMs - performance.now()) * 1000);
  if (microseconds > SHORTEST_PAUSE_MICROSECONDS) {
    libc.usleep(Math.min(microseconds, LONGEST_PAUSE_MICROSECONDS));
  }
}

/** Counts answers and how long they took. */
class Tally {
  private known = 0;
  private other = 0;
  private readonly latencies = new Latencies();

  constructor(private readonly sentAt: Float64Array) {}

  readonly hear = (device: number, memory: Buffer, start: number, length: number): void => {
    const isKnown =
      length === REGISTER_PEER_KNOWN.length &&
      memory[start] === REGISTER_PEER_KNOWN[0] &&
      memory[start + 1] === REGISTER_PEER_KNOWN[1];
    if (isKnown) this.known += 1;
    else this.other += 1;
    this.latencies.add(performance.now() - (this.sentAt[device] ?? 0));
  };

  result(): Pick<FloodResult, 'known' | 'other' | 'p50Ms' | 'p99Ms'> {
    const { known, other, latencies } = this;
    const p50Ms = latencies.quantileMs(0.5);
    return { known, other, p50Ms, p99Ms: latencies.quantileMs(0.99) };
  }
}

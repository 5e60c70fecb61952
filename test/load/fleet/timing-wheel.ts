const SLOT_MS = 4;
/** 16 s: longer than any pause of a device but the one after a refusal, which goes round once more. */
const SLOTS = 4096;

/** One timer per device, for hundreds of thousands of devices: a ring of short lists. */
export class TimingWheel {
  private readonly slots: number[][] = Array.from({ length: SLOTS }, () => []);
  private readonly dueAt: Float64Array;
  private tick: number;

  constructor(devices: number, nowMs: number) {
    this.dueAt = new Float64Array(devices).fill(Infinity);
    this.tick = Math.floor(nowMs / SLOT_MS);
  }

  /** Sets the timer of a device, replacing the one it has. */
  set(device: number, dueMs: number): void {
    this.dueAt[device] = dueMs;
    this.put(device, dueMs);
  }

  /** Calls `fire` for every device whose timer has run out. */
  advance(nowMs: number, fire: (device: number) => void): void {
    const last = Math.floor(nowMs / SLOT_MS);
    for (; this.tick < last; this.tick++) {
      const index = this.tick % SLOTS;
      const due = this.slots[index] ?? [];
      this.slots[index] = [];
      for (const device of due) this.look(device, nowMs, fire);
    }
  }

  private look(device: number, nowMs: number, fire: (device: number) => void): void {
    const dueMs = this.dueAt[device] ?? Infinity;
    if (dueMs > nowMs) {
      // A stale entry of a timer that was set anew, whose own entry follows; or one of the next round.
      if (dueMs !== Infinity && Math.floor(dueMs / SLOT_MS) % SLOTS === this.tick % SLOTS) {
        this.put(device, dueMs);
      }
      return;
    }
    this.dueAt[device] = Infinity;
    fire(device);
  }

  private put(device: number, dueMs: number): void {
    const tick = Math.max(this.tick, Math.floor(dueMs / SLOT_MS));
    this.slots[tick % SLOTS]?.push(device);
  }
}

/** Counts durations in classes 5 % wide from 1 µs to over a minute: one logarithm each. */
export class Latencies {
  private readonly classes = new Float64Array(CLASSES);
  private total = 0;

  add(ms: number): void {
    const which = Math.floor(Math.log(Math.max(1, ms * 1000)) / WIDTH);
    const index = Math.min(CLASSES - 1, which);
    this.classes[index] = (this.classes[index] ?? 0) + 1;
    this.total += 1;
  }

  /** Milliseconds that `share` (0 to 1) of all do not exceed; NaN when there is none. */
  quantileMs(share: number): number {
    if (this.total === 0) return NaN;
    let seen = 0;
    const index = this.classes.findIndex((count) => (seen += count) >= this.total * share);
    return Math.exp((index + 1) * WIDTH) / 1000;
  }
}

const WIDTH = Math.log(1.05);
const CLASSES = 380;

/** The middle value; the mean of the two middle ones for an even number. NaN counts as no value. */
export function median(values: readonly number[]): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length % 2 === 1) return sorted[Math.floor(middle)] ?? NaN;
  return ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

/**
 * Counts durations in buckets that are 2 % wide, from 1 µs to over a minute, so that recording one
 * costs a logarithm and an increment.
 */
export class Histogram {
  readonly counts: number[] = new Array<number>(BUCKETS).fill(0);

  add(us: number): void {
    const bucket = Math.floor(Math.log(Math.max(1, us)) / WIDTH);
    const at = Math.min(BUCKETS - 1, bucket);
    this.counts[at] = (this.counts[at] ?? 0) + 1;
  }

  static merge(histograms: readonly (readonly number[])[]): Histogram {
    const merged = new Histogram();
    for (const counts of histograms) {
      for (const [at, count] of counts.entries())
        merged.counts[at] = (merged.counts[at] ?? 0) + count;
    }
    return merged;
  }

  get total(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }

  /** The duration in µs that the given share (0–1) of all does not exceed. */
  quantile(share: number): number {
    let left = this.total * share;
    for (const [at, count] of this.counts.entries()) {
      left -= count;
      if (left <= 0 && count > 0) return Math.exp((at + 0.5) * WIDTH);
    }
    return NaN;
  }
}

const WIDTH = Math.log(1.02);
const BUCKETS = 920;

import type { Replica } from '@waystation/testkit';

/** The start of a process is no leak: what lies before this share of the run is left out of a slope. */
const WARM_UP_SHARE = 1 / 3;

interface Sample {
  readonly minute: number;
  readonly bytes: number;
}

/** Memory of some processes over time. */
export class MemorySamples {
  readonly #samples = new Map<Replica, Sample[]>();
  readonly #startedMs = performance.now();

  constructor(replicas: readonly Replica[]) {
    for (const replica of replicas) this.#samples.set(replica, []);
  }

  /** Looks at every process once. */
  async take(): Promise<void> {
    const minute = (performance.now() - this.#startedMs) / 60_000;
    for (const [replica, samples] of this.#samples) {
      samples.push({ minute, bytes: await replica.memoryBytes() });
    }
  }

  /** One row for every process: what, MiB at first, at the end, and KiB a minute after the warm-up. */
  rows(): (readonly [string, number, number, number])[] {
    return [...this.#samples].map(([{ service, id }, samples]) => {
      const settled = samples.slice(Math.floor(samples.length * WARM_UP_SHARE));
      const mib = (sample: Sample | undefined): number => (sample?.bytes ?? 0) / 2 ** 20;
      return [`${service} ${id}`, mib(settled[0]), mib(settled.at(-1)), slope(settled) / 1024];
    });
  }
}

/** Bytes a minute, by least squares. */
function slope(samples: readonly Sample[]): number {
  const mean = (of: (sample: Sample) => number): number =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const [minute, bytes] = [mean((sample) => sample.minute), mean((sample) => sample.bytes)];
  const spread = mean((sample) => (sample.minute - minute) ** 2);
  return mean((sample) => (sample.minute - minute) * (sample.bytes - bytes)) / spread;
}

import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

export type { Counter, Gauge, Histogram } from 'prom-client';

/** A value with labels, for metrics that are read when they are asked for. */
export interface Sample<L extends string = string> {
  readonly labels: Partial<Record<L, string>>;
  readonly value: number;
}

/** What a metric can show, for the documentation. */
export interface Series {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labels: readonly string[];
}

/**
 * The numbers of one process. Names follow `<service>_<thing>_<unit>_total`; a name can be taken
 * once. Hot code counts in a plain field and offers it with `counterOf`/`gaugeOf`.
 */
export class Metrics {
  readonly registry = new Registry();

  /** Adds memory, CPU, event loop and garbage collection of this process. */
  addProcess(): void {
    collectDefaultMetrics({ register: this.registry });
  }

  counter<L extends string = never>(
    name: string,
    help: string,
    labelNames: readonly L[] = [],
  ): Counter<L> {
    return new Counter<L>({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }

  gauge<L extends string = never>(
    name: string,
    help: string,
    labelNames: readonly L[] = [],
  ): Gauge<L> {
    return new Gauge<L>({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }

  /** `buckets` are upper bounds in the unit that the name says. */
  histogram<L extends string = never>(
    name: string,
    help: string,
    buckets: readonly number[],
    labelNames: readonly L[] = [],
  ): Histogram<L> {
    const registers = [this.registry];
    return new Histogram<L>({
      name,
      help,
      buckets: [...buckets],
      labelNames: [...labelNames],
      registers,
    });
  }

  /** A counter whose value is read at each scrape; the value must never fall. */
  counterOf(name: string, help: string, read: () => number): void {
    this.countersOf(name, help, [], () => [{ labels: {}, value: read() }]);
  }

  /** As counterOf, with labels. */
  countersOf<L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    read: () => Iterable<Sample<L>>,
  ): void {
    const collect = function (this: Counter<L>): void {
      this.reset();
      for (const { labels, value } of read()) this.inc(labels as Record<L, string>, value);
    };
    new Counter<L>({
      name,
      help,
      labelNames: [...labelNames],
      registers: [this.registry],
      collect,
    });
  }

  /** A gauge whose value is read at each scrape. */
  gaugeOf(name: string, help: string, read: () => number | Promise<number>): void {
    const collect = async function (this: Gauge): Promise<void> {
      this.set(await read());
    };
    new Gauge({ name, help, registers: [this.registry], collect });
  }

  /** Everything in Prometheus' text format. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  /** Every metric with all its labels, also those that have no value yet; by name. */
  series(): Series[] {
    return this.registry
      .getMetricsAsArray()
      .map((metric) => {
        const { name, help, type } = metric as unknown as Record<string, unknown>;
        const labels: unknown = Reflect.get(metric, 'labelNames');
        return {
          name: String(name),
          type: String(type),
          help: String(help),
          labels: Array.isArray(labels) ? labels.map(String) : [],
        };
      })
      .sort((a, b) => a.name.localeCompare(b.name));
  }

  get contentType(): string {
    return this.registry.contentType;
  }
}

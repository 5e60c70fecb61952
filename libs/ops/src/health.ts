import { reasonOf } from './reason-of.js';

/** Says whether a part works by returning, or why not by throwing. */
export type Probe = () => Promise<void> | void;

export interface Readiness {
  readonly ready: boolean;
  /** What is wrong, by the probe's name; `draining` and `starting` are names as well. */
  readonly faults: Readonly<Record<string, string>>;
}

const PROBE_TIMEOUT_MS = 2000;

/** What a probe is about. */
export interface ProbeScope {
  /**
   * True for what all replicas lean on, such as Redis: when that is away, none of them is ready, but
   * taking clients from one replica to another, or starting it anew, would only make things worse.
   */
  readonly shared: boolean;
}

interface OwnProbe extends ProbeScope {
  readonly probe: Probe;
}

/**
 * What may be asked of this process. Ready: it should get work, so it has started, does not drain, and
 * every probe is content. Serving: its clients are to stay, so the same without what is shared.
 */
export class Health {
  readonly #probes = new Map<string, OwnProbe>();
  #started = false;
  #draining = false;

  /** A second probe of the same name takes the first one's place. */
  addProbe(name: string, probe: Probe, { shared }: ProbeScope = { shared: false }): void {
    this.#probes.set(name, { probe, shared });
  }

  setStarted(): void {
    this.#started = true;
  }

  /** From now on not ready; there is no way back. */
  setDraining(): void {
    this.#draining = true;
  }

  get draining(): boolean {
    return this.#draining;
  }

  readiness(): Promise<Readiness> {
    return this.#ask(() => true);
  }

  /** As readiness, without the probes of what all replicas share. */
  serving(): Promise<Readiness> {
    return this.#ask(({ shared }) => !shared);
  }

  async #ask(isMeant: (scope: ProbeScope) => boolean): Promise<Readiness> {
    const faults: Record<string, string> = {};
    if (!this.#started) faults['starting'] = 'the service has not finished its start';
    if (this.#draining) faults['draining'] = 'the service is ending and takes no new work';
    const meant = [...this.#probes].filter(([, one]) => isMeant(one));
    const runs = meant.map(async ([name, { probe }]) => {
      const fault = await faultOf(probe);
      if (fault !== undefined) faults[name] = fault;
    });
    await Promise.all(runs);
    return { ready: Object.keys(faults).length === 0, faults };
  }
}

async function faultOf(probe: Probe): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), PROBE_TIMEOUT_MS);
  });
  try {
    await Promise.race([probe(), late]);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  } finally {
    clearTimeout(timer);
  }
}

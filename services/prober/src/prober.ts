import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { insideHosts, type Config, type proberSettings } from '@waystation/config';
import type { Log } from '@waystation/ops';
import { CLAIM_WINDOW_MS, type LeaderLease } from '@waystation/state';
import { ID_TAKEN } from './datagrams.js';
import { diagnose, isReached, type Diagnosis, type Looks } from './diagnosis.js';
import { gatewaysOf } from './gateways.js';
import { Look } from './look.js';
import { noticesOf } from './notices.js';
import type { ProberMetrics } from './prober-metrics.js';
import type { StackFacts } from './stack-facts.js';
import { failedStep, type LookResult } from './steps.js';
import { addressOf, insideTarget, publicTarget } from './target.js';

export type ProberConfig = Config<typeof proberSettings>;

/**
 * A trouble is told when a second look, soon after the first, sees it as well; later than the window
 * in which an id may be claimed a few times only.
 */
const SECOND_LOOK_MS = CLAIM_WINDOW_MS + 1_000;
/** The addresses of devices are looked at once in so many looks. */
const LOOKS_PER_CENSUS = 20;

/** Tries the server as a client does, again and again, and says in words what changes. */
export class Prober implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private stopping = false;
  private looks = 0;
  private told: Diagnosis | undefined;
  private suspected: Diagnosis | undefined;
  private toldNotices = new Set<string>();

  constructor(
    private readonly config: ProberConfig,
    private readonly facts: StackFacts,
    private readonly lease: Pick<LeaderLease, 'hold' | 'release'>,
    private readonly metrics: ProberMetrics,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    const { enabled, host, inside } = this.config;
    if (!enabled) return this.log.info('PROBER=N: nothing is tried');
    if (host === '' && inside === '') {
      return this.log.warn(
        'there is nothing to try: set WAYSTATION_HOST to the public name or address of this server',
      );
    }
    this.next(0);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.timer);
    await this.lease.release().catch((error: unknown) => {
      this.log.debug('the lease of the prober ends only by itself', { error });
    });
  }

  private next(afterMs: number): void {
    if (this.stopping) return;
    this.timer = setTimeout(() => {
      void this.turn().then((pauseMs) => this.next(pauseMs));
    }, afterMs);
  }

  /** One look, if it is ours to take; answers how long to wait for the next one. Never rejects. */
  private async turn(): Promise<number> {
    const { intervalMs } = this.config;
    try {
      if (!(await this.leads())) return intervalMs;
      await this.look();
      if (this.looks % LOOKS_PER_CENSUS === 0) await this.census();
      this.looks += 1;
    } catch (error) {
      // Without Redis or before the registry's start there is nothing to look for yet.
      this.log.debug('no look was possible', { error });
      return Math.min(intervalMs, SECOND_LOOK_MS);
    }
    const isUnsure = this.suspected !== undefined && this.suspected.kind !== this.told?.kind;
    return isUnsure ? Math.min(intervalMs, SECOND_LOOK_MS) : intervalMs;
  }

  /** While Redis is away the role stays: nobody else can take it. */
  private async leads(): Promise<boolean> {
    return this.lease.hold().catch(() => true);
  }

  private async look(): Promise<void> {
    const looks = await this.takeLooks();
    const { outside, inside } = looks;
    const diagnosis = diagnose(looks);
    const isOutside = this.config.host !== '';
    this.metrics.way('public', isOutside ? isReached(outside) : undefined);
    this.metrics.way('inside', isOutside ? inside && isReached(inside) : isReached(outside));
    // What cannot be seen from inside is no trouble of the services: they are watched all the same.
    const counts = diagnosis?.kind === 'unreached-from-inside' ? (inside ?? outside) : outside;
    this.metrics.look(counts, failedStep(counts) === undefined);
    await this.keepDevice(outside);
    this.tell(diagnosis);
  }

  private async takeLooks(): Promise<Looks> {
    const { host, inside, port, apiPort, relayServers } = this.config;
    const parts = await this.facts.forLook();
    const ports = { main: port, api: apiPort };
    const hosts = insideHosts(inside);
    const within = hosts && insideTarget(hosts, ports);
    const target = host === '' && within ? within : publicTarget(host, ports, relayServers);
    const outside = await Look.at(target, parts);
    const isWell = failedStep(outside) === undefined;
    const second = isWell || within === undefined || within === target ? undefined : within;
    return {
      target,
      outside,
      insideHost: inside.replaceAll(',', ', '),
      inside: second && (await Look.at(second, parts)),
    };
  }

  private async keepDevice(result: LookResult): Promise<void> {
    if (result.get('udp-register')?.fault?.message === ID_TAKEN)
      await this.facts.takeAnotherDevice();
  }

  /** One line when the trouble becomes another one, one when it is over. */
  private tell(diagnosis: Diagnosis | undefined): void {
    const isSure = diagnosis?.kind === this.suspected?.kind;
    this.suspected = diagnosis;
    if (diagnosis === undefined) {
      if (this.told !== undefined) this.log.info('the server can be used again as clients do');
      if (this.looks === 0) this.log.info('a client can use this server', this.where());
      this.told = undefined;
      return;
    }
    if (!isSure || diagnosis.kind === this.told?.kind) return;
    this.told = diagnosis;
    this.log.warn(diagnosis.words, { step: diagnosis.step });
  }

  private where(): Record<string, string> {
    const { host, inside } = this.config;
    return { address: host === '' ? inside : host };
  }

  private async census(): Promise<void> {
    const { host, gateways } = this.config;
    const address = host === '' ? undefined : await this.ownAddress(host);
    const devices = await this.facts.devices();
    const notices = noticesOf({ host, address, devices, gateways: gatewaysOf(gateways) });
    this.metrics.noticed(notices);
    for (const { kind, words } of notices) if (!this.toldNotices.has(kind)) this.log.warn(words);
    this.toldNotices = new Set(notices.map(({ kind }) => kind));
  }

  private async ownAddress(host: string): Promise<string | undefined> {
    return addressOf(publicTarget(host, { main: 0, api: 0 }, []).host).catch(() => undefined);
  }
}

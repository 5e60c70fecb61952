import { randomBytes } from 'node:crypto';
import type { DynamicModule, Provider, Type } from '@nestjs/common';
import { Health } from './health.js';
import { type Log, type LogFormat, type LogLevel, calm, createLog } from './log.js';
import { Metrics } from './metrics.js';
import { Pages } from './pages.js';

/** Injection tokens of what runService adds to a service's module; Metrics and Health are classes. */
export const CONFIG = Symbol('CONFIG');
export const LOG = Symbol('LOG');
export const REPLICA = Symbol('REPLICA');

/** The part of every service's configuration that ops itself uses. */
export interface OpsConfig {
  readonly redisUrl: string;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  readonly opsPort: number;
  readonly opsBind: string;
  readonly opsAdvertise?: string;
  readonly metricsToken?: string;
  readonly runDir: string;
  readonly stopTimeoutMs: number;
  readonly leaveDeadNetwork: boolean;
}

/** What every service is given before its own parts are made. */
export interface Parts<C> {
  readonly name: string;
  /** Unique among all running processes, e.g. `relay-3fa91c`. */
  readonly replica: string;
  readonly config: C;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly pages: Pages;
}

/** Makes the parts; a test may hand in its own log. */
export function createParts<C extends OpsConfig>(
  name: string,
  config: C,
  own: { readonly replica?: string; readonly log?: Log } = {},
): Parts<C> {
  const replica = own.replica ?? `${name}-${randomBytes(3).toString('hex')}`;
  const log = calm(own.log ?? createLog(replica, config.logLevel, config.logFormat));
  const [metrics, health, pages] = [new Metrics(), new Health(), new Pages()];
  return { name, replica, config, log, metrics, health, pages };
}

/**
 * The service's module with the parts among its providers: CONFIG, LOG, REPLICA, Metrics, Health, Pages.
 * They belong to that module alone; nothing is global.
 */
export function withParts<C>(module: Type, parts: Parts<C>): DynamicModule {
  const providers: Provider[] = [
    { provide: CONFIG, useValue: parts.config },
    { provide: LOG, useValue: parts.log },
    { provide: REPLICA, useValue: parts.replica },
    { provide: Metrics, useValue: parts.metrics },
    { provide: Health, useValue: parts.health },
    { provide: Pages, useValue: parts.pages },
  ];
  return { module, providers };
}

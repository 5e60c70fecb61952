import type { INestApplicationContext, LoggerService, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type Beacon, type BeaconOrder, offerReplica } from './beacon.js';
import { watchNetwork } from './dead-network.js';
import type { Log } from './log.js';
import { nestLogger } from './nest-logger.js';
import { type OpsServer, startOpsServer } from './ops-server.js';
import { type OpsConfig, type Parts, createParts, withParts } from './parts.js';
import { requireRedis } from './redis-check.js';
import { writeRunFile } from './run-file.js';
import { explainStart } from './start-error.js';

/** How long a start waits for a Redis that is just starting as well. */
const REDIS_PATIENCE_MS = 10_000;
const SIGNAL_NUMBERS = { SIGINT: 2, SIGQUIT: 3, SIGTERM: 15 } as const;

type StopSignal = keyof typeof SIGNAL_NUMBERS;

export interface NestOptions {
  readonly logger: LoggerService;
  readonly abortOnError: false;
}

export interface ServiceOptions<C extends OpsConfig, A extends INestApplicationContext> {
  readonly name: string;
  /** Best a function such as `() => readConfig(relaySettings)`: its faults are told like any other. */
  readonly config: C | (() => C);
  /** This replica's id, where the service has its own way to make one. */
  readonly replica?: string;
  /**
   * Makes the application out of the module; by default a bare application context, whose creation
   * runs the bootstrap hooks. A service with HTTP or a Nest transport makes that kind here.
   */
  readonly create?: (
    module: ReturnType<typeof withParts>,
    options: NestOptions,
    parts: Parts<C>,
  ) => Promise<A>;
  /** Opens what `create` did not, e.g. `(app) => app.listen()`; by default the bootstrap hooks. */
  readonly listen?: (app: A, parts: Parts<C>) => Promise<unknown>;
  /** Makes this replica's ops port known to the others once it has started. */
  readonly beacon?: (order: BeaconOrder) => Beacon;
  /** Overrides STOP_TIMEOUT, for a service whose own drain may last longer. */
  readonly stopTimeoutMs?: (config: C) => number;
}

interface Running {
  readonly parts: Parts<OpsConfig>;
  readonly app: INestApplicationContext;
  readonly ops: OpsServer;
  readonly removeRunFile: () => void;
  readonly stopTimeoutMs: number;
  readonly beacon: Beacon | undefined;
}

/**
 * Runs a service until it is told to end. SIGTERM, SIGINT and SIGQUIT end it in order: not ready any
 * more, Nest's shutdown hooks, exit code 0; a second signal ends it at once. A start that fails
 * prints what is wrong and what to do on stderr and ends with exit code 1. Once it runs, no error
 * that nobody caught ends the process: it is logged and counted.
 */
export async function runService<
  C extends OpsConfig,
  A extends INestApplicationContext = INestApplicationContext,
>(module: Type, options: ServiceOptions<C, A>): Promise<void> {
  const signals = catchSignals();
  try {
    const running = await start(module, options);
    signals.onFirst((signal) => void stop(running, signal, 0));
    if (running.parts.config.leaveDeadNetwork) watchNetwork(() => leave(running));
  } catch (error) {
    process.stderr.write(`${options.name}: ${explainStart(error)}\n`);
    process.exit(1);
  }
}

async function start<C extends OpsConfig, A extends INestApplicationContext>(
  module: Type,
  options: ServiceOptions<C, A>,
): Promise<Running> {
  const config = typeof options.config === 'function' ? options.config() : options.config;
  const own = options.replica === undefined ? {} : { replica: options.replica };
  const parts = createParts(options.name, config, own);
  parts.metrics.addProcess();
  catchUnexpected(parts);
  await requireRedis(config.redisUrl, REDIS_PATIENCE_MS);
  const { health, log, replica } = parts;
  const ops = await openOps(parts);
  const opsFacts = { opsHost: config.opsBind, opsPort: ops.port };
  const removeRunFile = writeRunFile(config.runDir, {
    service: options.name,
    replica,
    pid: process.pid,
    ...opsFacts,
  });
  try {
    const app = await open(module, options, parts);
    health.setStarted();
    log.info('started', opsFacts);
    const stopTimeoutMs = options.stopTimeoutMs?.(config) ?? config.stopTimeoutMs;
    const beacon = offerReplica(parts, ops.port, options.beacon);
    return { parts, app, ops, removeRunFile, stopTimeoutMs, beacon };
  } catch (error) {
    removeRunFile();
    log.debug('the start failed', { error });
    throw error;
  }
}

function openOps({ config, health, metrics, pages }: Parts<OpsConfig>): Promise<OpsServer> {
  const token = config.metricsToken ?? '';
  const place = { host: config.opsBind, port: config.opsPort };
  return startOpsServer({ ...place, health, metrics, pages, token });
}

async function open<C extends OpsConfig, A extends INestApplicationContext>(
  module: Type,
  { create, listen }: ServiceOptions<C, A>,
  parts: Parts<C>,
): Promise<INestApplicationContext> {
  const root = withParts(module, parts);
  const nest = { logger: nestLogger(parts.log), abortOnError: false } as const;
  if (create === undefined) return NestFactory.createApplicationContext(root, nest);
  const app = await create(root, nest, parts);
  await (listen === undefined ? app.init() : listen(app, parts));
  return app;
}

/** Ends the process when the hooks are through or the time is up, whichever comes first. */
async function stop(running: Running, reason: string, exitCode: number): Promise<void> {
  const { parts, app, ops, removeRunFile, stopTimeoutMs, beacon } = running;
  parts.log.info('ending', { reason });
  parts.health.setDraining();
  const deadline = setTimeout(() => {
    parts.log.warn('not everything ended in time', { stopTimeoutMs });
    removeRunFile();
    void Promise.resolve(beacon?.stop()).finally(() => process.exit(exitCode));
  }, stopTimeoutMs);
  try {
    await app.close();
  } catch (error) {
    parts.log.error('the shutdown failed', { error });
  }
  clearTimeout(deadline);
  // only now, so that a replica that drains can be watched to its end
  await beacon?.stop();
  await ops.close();
  removeRunFile();
  parts.log.info('ended');
  // the log hands its lines on in a later turn of the event loop
  await new Promise((resolve) => setImmediate(resolve));
  process.exit(exitCode);
}

/** Sessions of a dead network are dead as well, so there is nothing to wait for. */
function leave(running: Running): void {
  const { log } = running.parts;
  log.error('this network has no interface any more; ending to be restarted into the new one');
  void stop(
    { ...running, stopTimeoutMs: Math.min(running.stopTimeoutMs, 1000) },
    'dead network',
    1,
  );
}

/** From the first moment on, so that a signal during the start ends it too. */
function catchSignals(): { onFirst(handler: (signal: StopSignal) => void): void } {
  let handler: ((signal: StopSignal) => void) | undefined;
  let seen = false;
  const hear = (signal: StopSignal): void => {
    if (seen || handler === undefined) process.exit(128 + SIGNAL_NUMBERS[signal]);
    seen = true;
    handler(signal);
  };
  for (const signal of Object.keys(SIGNAL_NUMBERS) as StopSignal[]) process.on(signal, hear);
  return {
    onFirst: (given) => {
      handler = given;
    },
  };
}

/** No input may end the process, not even by an error that every handler missed. */
function catchUnexpected({ log, metrics }: { log: Log; metrics: Parts<unknown>['metrics'] }): void {
  const help = 'Errors that nobody caught; each one is a fault in this program';
  const counter = metrics.counter('ops_unexpected_errors_total', help);
  const report = (error: unknown): void => {
    counter.inc();
    log.error('an error that nobody caught', { error });
  };
  process.on('uncaughtException', report);
  process.on('unhandledRejection', report);
}

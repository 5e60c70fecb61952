import 'reflect-metadata';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { readConfig, registrySettings } from '@waystation/config';
import { createParts, withParts, type Log, type Metrics } from '@waystation/ops';
import { Leadership } from '../leadership.js';
import { RegistryModule, type RegistryConfig } from '../registry.module.js';

/** A registry inside this process, for tests. */
export interface RunningRegistry {
  readonly replica: string;
  readonly metrics: Metrics;
  /** Warnings and errors so far. */
  readonly complaints: readonly string[];
  leads(): boolean;
  stop(): Promise<void>;
}

/** Starts a registry; `env` is all the environment it sees. Rejects as the service's start would. */
export async function runRegistry(env: Record<string, string>): Promise<RunningRegistry> {
  const folder = env['KEY_DIR'] ?? '/nonexistent';
  const config: RegistryConfig = readConfig(registrySettings, { argv: [], env, cwd: folder });
  const complaints: string[] = [];
  const parts = createParts('registry', config, { log: collecting(complaints) });
  const app: INestApplicationContext = await NestFactory.createApplicationContext(
    withParts(RegistryModule, parts),
    { logger: false, abortOnError: false },
  );
  return {
    replica: parts.replica,
    metrics: parts.metrics,
    complaints,
    leads: () => app.get(Leadership).leads,
    stop: () => app.close(),
  };
}

function collecting(complaints: string[]): Log {
  const keep = (message: string, fields?: object): void => {
    complaints.push(`${message} ${JSON.stringify(fields ?? {})}`);
  };
  return { debug: () => undefined, info: () => undefined, warn: keep, error: keep };
}

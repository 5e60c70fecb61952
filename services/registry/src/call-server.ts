import type { INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { NestRedisServer, nestRedisOptions } from '@waystation/bus';
import { nestLogger, type Log } from '@waystation/ops';
import { RegistryCalls } from './registry-calls.js';
import { RegistryController } from './registry.controller.js';

class CallModule {}

/**
 * Answers calls while it is open. Nest's Redis transport hands each call to every process that
 * listens, so a registry listens only while it leads.
 */
export class CallServer {
  readonly #redisUrl: string;
  readonly #calls: RegistryCalls;
  readonly #log: Log;
  #app: INestMicroservice | undefined;

  constructor(redisUrl: string, calls: RegistryCalls, log: Log) {
    this.#redisUrl = redisUrl;
    this.#calls = calls;
    this.#log = log;
  }

  get isOpen(): boolean {
    return this.#app !== undefined;
  }

  /** Rejects when Redis cannot be reached; then it is not open. */
  async open(): Promise<void> {
    const module = {
      module: CallModule,
      controllers: [RegistryController],
      providers: [{ provide: RegistryCalls, useValue: this.#calls }],
    };
    const app = await NestFactory.createMicroservice(module, {
      strategy: new NestRedisServer(nestRedisOptions(this.#redisUrl)),
      logger: nestLogger(this.#log),
      abortOnError: false,
    });
    try {
      await app.listen();
      this.#app = app;
    } catch (error) {
      await app.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const app = this.#app;
    this.#app = undefined;
    await app?.close();
  }
}

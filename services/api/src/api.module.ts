import { Module } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { CONFIG } from '@waystation/ops';
import { LoginOptionsController } from './client/login-options.controller.js';
import { HealthzController } from './http/healthz.controller.js';
import { HttpDrain } from './http/http-drain.js';
import { provide } from './http/provide.js';

/** The parts list of the api. */
@Module({
  controllers: [HealthzController, LoginOptionsController],
  providers: [provide(HttpDrain, HttpAdapterHost, CONFIG)],
})
export class ApiModule {}

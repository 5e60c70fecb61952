import 'reflect-metadata';
import { apiSettings, readConfig } from '@waystation/config';
import { runService } from '@waystation/ops';
import { lightBeacon } from '@waystation/state';
import { ApiModule } from './api.module.js';
import { createHttp, listenHttp } from './http/http-app.js';

await runService(ApiModule, {
  name: 'api',
  config: () => readConfig(apiSettings),
  beacon: lightBeacon,
  create: createHttp,
  listen: (app, { config }) => listenHttp(app, config),
});

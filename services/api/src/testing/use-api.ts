import { after, before } from 'node:test';
import type { ApiConfig } from '../api-config.js';
import type { TestDatabase } from './databases.js';
import { TestApi } from './test-api.js';

/** One api for all tests of a suite; call the result inside of tests. */
export function useApi(database: TestDatabase, settings: Partial<ApiConfig> = {}): () => TestApi {
  let api: TestApi | undefined;
  before(async () => {
    api = await TestApi.start(await database.fresh(), settings);
  });
  after(async () => {
    await api?.stop();
  });
  return () => {
    if (api === undefined) throw new Error('the api is for tests and hooks');
    return api;
  };
}

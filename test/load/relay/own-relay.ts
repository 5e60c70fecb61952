import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { entryOf, Replica, startRedis } from '@waystation/testkit';
import type { RedisServer } from '@waystation/testkit';
import type { Subject } from './subjects.js';

/** No key, no tickets and no limit that a load from one machine would run into; all else as by default. */
const OPEN = {
  KEY: '',
  WAYSTATION_RELAY_TICKETS: 'N',
  WAYSTATION_HOST: '127.0.0.1',
  WAYSTATION_DRAIN_SECONDS: '0',
  RELAY_CONNECTIONS_PER_ADDRESS: '0',
  RELAY_WAITING_PER_ADDRESS: '0',
  RELAY_SESSIONS_PER_ADDRESS: '0',
  SINGLE_BANDWIDTH: '1000000',
  TOTAL_BANDWIDTH: '1000000',
  LIMIT_SPEED: '1000000',
};

/** Our relay service as it ships, with a Redis of its own. */
export async function startOwnRelay(
  name: string,
  port: number,
  pump: 'auto' | 'off',
): Promise<Subject> {
  const redis = await startRedis();
  const directory = mkdtempSync(join(tmpdir(), 'load-relay-'));
  const replica = new Replica({
    service: 'relay',
    entry: entryOf('relay'),
    port,
    cwd: directory,
    runDir: directory,
    env: { ...OPEN, REDIS_URL: redis.url, WAYSTATION_RELAY_PUMP: pump },
    args: ['-p', String(port)],
  });
  await replica.ready();
  const stop = (): void => void endAll(replica, redis, directory);
  return { name, pid: replica.pid ?? 0, port, mode: 'join', sinkPort: 0, stop };
}

async function endAll(replica: Replica, redis: RedisServer, directory: string): Promise<void> {
  replica.signal('SIGKILL');
  await replica.finished();
  await redis.stop();
  rmSync(directory, { recursive: true, force: true });
}

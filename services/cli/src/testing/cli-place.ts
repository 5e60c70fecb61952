import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closeRedis, Identities, openRedis, redisReady, type Redis } from '@waystation/state';
import { newSigningKeys, startRedis } from '@waystation/testkit';
import { runCli, type Outcome } from './run-cli.js';

/** A server whose services are stopped: its folders, its Redis, and the command that works on them. */
export class CliPlace implements AsyncDisposable {
  readonly data: string;
  readonly keys: string;
  readonly #endings = new AsyncDisposableStack();

  private constructor(
    readonly folder: string,
    readonly redis: Redis,
    readonly redisUrl: string,
  ) {
    this.data = join(folder, 'data');
    this.keys = join(folder, 'keys');
  }

  /** With a server key, and nothing else yet. */
  static async open(): Promise<CliPlace> {
    const endings = new AsyncDisposableStack();
    const folder = mkdtempSync(join(tmpdir(), 'cli-place-'));
    endings.defer(() => rmSync(folder, { recursive: true, force: true }));
    const server = await startRedis();
    endings.defer(() => server.stop());
    const redis = openRedis(server.url, 'test');
    endings.defer(() => closeRedis(redis));
    await redisReady(redis);
    const place = new CliPlace(folder, redis, server.url);
    place.#endings.use(endings);
    mkdirSync(place.keys);
    const { secretKey } = newSigningKeys();
    writeFileSync(join(place.keys, 'id_ed25519'), secretKey.toString('base64'));
    return place;
  }

  /** Runs the command; `input` is its stdin. */
  run(args: readonly string[], input?: Buffer | string): Promise<Outcome> {
    const env = { REDIS_URL: this.redisUrl, KEY_DIR: this.keys, WAYSTATION_DATA_DIR: this.data };
    return runCli(args, env, this.folder, input);
  }

  /** Puts a device into Redis, as the registry has it there. */
  async addDevice(id: string): Promise<void> {
    const [guid, uuid, pk] = [randomBytes(16), randomBytes(16), randomBytes(32)];
    const fields = { uuid: uuid.toString('base64'), pk: pk.toString('base64') };
    const facts = { ip: '198.51.100.9', created: '1700000000000', disabled: '0', listed: '1' };
    await this.redis.hset(`identity:{${id}}`, { guid: guid.toString('hex'), ...fields, ...facts });
  }

  /** The ids of all devices in Redis. */
  async ids(): Promise<Set<string>> {
    const ids = new Set<string>();
    const all = new Identities(this.redis).all();
    for await (const batch of all) for (const { id } of batch) ids.add(id);
    return ids;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#endings.disposeAsync();
  }
}

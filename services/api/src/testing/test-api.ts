import { generateKeyPairSync, randomBytes, randomUUID, type KeyObject } from 'node:crypto';
import type { Type } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { apiSettings, readConfig } from '@waystation/config';
import { type Log, createParts, nestLogger, withParts } from '@waystation/ops';
import { closeRedis, keys, openRedis, redisReady, type Redis } from '@waystation/state';
import { type RedisOptions, type RedisServer, startRedis } from '@waystation/testkit';
import { ApiModule } from '../api.module.js';
import { ApiTokens, type Scopes } from '../accounts/api-tokens.js';
import { hashPassword } from '../accounts/password.js';
import type { ApiConfig } from '../api-config.js';
import { createHttp, listenHttp } from '../http/http-app.js';
import type { UserTable } from '../store/account-tables.js';
import { STORE, type Store, type StoreConfig } from '../store/open-store.js';
import { type NewUser, UserStore } from '../store/user-store.js';
import { Caller } from './caller.js';

/** A device that the registry knows. */
export interface TestDevice {
  readonly id: string;
  readonly uuid: string;
  readonly privateKey: KeyObject;
  /** Standard base64 of the raw 32 bytes. */
  readonly pk: string;
}

/** The real HTTP application on a free port, with a real database and a real Redis. */
export class TestApi {
  private constructor(
    readonly application: NestExpressApplication,
    readonly redisServer: RedisServer,
    readonly redis: Redis,
    readonly config: ApiConfig,
    readonly port: number,
    /** Everything that was logged, as text. */
    readonly logged: string[],
  ) {}

  static async start(
    store: StoreConfig,
    settings: Partial<ApiConfig> = {},
    redisOptions: RedisOptions = {},
  ): Promise<TestApi> {
    const redisServer = await startRedis(redisOptions);
    const redis = openRedis(redisServer.url, 'test');
    await redisReady(redis);
    const defaults = readConfig(apiSettings, { argv: [], env: {}, cwd: store.dataDir });
    const config = { ...defaults, redisUrl: redisServer.url, bind: '127.0.0.1', ...store };
    const logged: string[] = [];
    const chosen = { ...config, port: 0, ...settings };
    const parts = createParts('api', chosen, { log: recordingLog(logged) });
    const options = { logger: nestLogger(parts.log), abortOnError: false } as const;
    const app = await createHttp(withParts(ApiModule, parts), options, parts);
    const port = await listenHttp(app, parts.config);
    return new TestApi(app, redisServer, redis, parts.config, port, logged);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get db(): Store {
    return this.application.get<Store>(STORE);
  }

  /** A part of the application, to arrange what no request can. */
  part<T>(type: Type<T>): T {
    return this.application.get(type);
  }

  /** Somebody who makes requests, with a token or without. */
  caller(token?: string): Caller {
    return new Caller(this.url, token);
  }

  async addUser(user: Partial<NewUser> & { password?: string } = {}): Promise<UserTable> {
    const { password = 'pass word', name = `user-${randomUUID()}`, ...rest } = user;
    const passwordHash = await hashPassword(password);
    const made = await this.part(UserStore).create({ name, passwordHash, ...rest });
    if (made === undefined) throw new Error(`there is a user ${name}`);
    return made;
  }

  /** A user who is signed in on the device, if one is given. */
  async signIn(
    user: Partial<NewUser> & { password?: string } = {},
    device?: TestDevice,
  ): Promise<{ user: UserTable; caller: Caller; token: string }> {
    const made = await this.addUser(user);
    const token = await this.login(made.name, user.password ?? 'pass word', device);
    return { user: made, caller: this.caller(token), token };
  }

  async login(username: string, password: string, device?: TestDevice): Promise<string> {
    const { id, uuid } = device ?? { id: '', uuid: '' };
    const body = { username, password, id, uuid, type: 'account', autoLogin: true };
    const { json } = await this.caller().post('/api/login', body);
    const token = (json as { access_token?: unknown }).access_token;
    if (typeof token !== 'string') throw new Error(`no login: ${JSON.stringify(json)}`);
    return token;
  }

  /** An API token of a new administrator. */
  async apiToken(scopes: Scopes): Promise<{ caller: Caller; token: string; owner: UserTable }> {
    const owner = await this.addUser({ isAdmin: true });
    const { token } = await this.part(ApiTokens).create(owner, 'test', scopes, null);
    return { caller: this.caller(token), token, owner };
  }

  /** Makes a device known to the registry's state, as a rendezvous registration does. */
  async register(id = String(100_000_000 + (randomBytes(4).readUInt32BE() % 900_000_000))) {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const pk = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
    const device = {
      id,
      uuid: Buffer.from(randomUUID()).toString('base64'),
      privateKey,
      pk: pk.toString('base64'),
    };
    const fields = { guid: randomBytes(16).toString('hex'), uuid: device.uuid, pk: device.pk };
    await this.redis.hset(keys.identity(id), { ...fields, ip: '203.0.113.7', created: Date.now() });
    return device;
  }

  /** A registered device that has sent its sysinfo. */
  async device(sysinfo: object = {}): Promise<TestDevice> {
    const device = await this.register();
    const { id, uuid } = device;
    const answer = await this.caller().post('/api/sysinfo', { id, uuid, ...sysinfo });
    if (answer.text !== 'SYSINFO_UPDATED') throw new Error(`no sysinfo: ${answer.text}`);
    return device;
  }

  async stop(): Promise<void> {
    await this.application.close();
    await closeRedis(this.redis);
    await this.redisServer.stop();
  }
}

function recordingLog(lines: string[]): Log {
  const write = (message: string, fields: object = {}): void => {
    const shown = Object.entries(fields).map(([name, value]) =>
      value instanceof Error ? [name, value.stack] : [name, value as unknown],
    );
    lines.push(`${message} ${JSON.stringify(Object.fromEntries(shown))}`);
  };
  return { debug: write, info: write, warn: write, error: write };
}

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { ConfigError } from './config-error.js';
import { readConfig } from './env.js';
import { option } from './option.js';
import { registrySettings } from './registry.js';
import { relaySettings } from './relay.js';
import { rendezvousSettings } from './rendezvous.js';
import { settings } from './settings.js';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'waystation-config-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

const envFile = (text: string): void => writeFileSync(join(cwd, '.env'), text);
const rendezvous = (argv: string[] = [], env: Record<string, string> = {}) =>
  readConfig(rendezvousSettings, { argv, env, cwd });
const relay = (argv: string[] = [], env: Record<string, string> = {}) =>
  readConfig(relaySettings, { argv, env, cwd });

function faultsOf(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe('where a setting comes from', () => {
  test('[P118] PORT=21116 means 21116 for the rendezvous and 21117 for the relay', () => {
    assert.equal(rendezvous([], { PORT: '21116' }).port, 21116);
    assert.equal(relay([], { PORT: '21116' }).port, 21117);
    envFile('PORT=22116\n');
    assert.equal(rendezvous().port, 22116);
    assert.equal(relay().port, 22117);
  });

  test('[P118] a flag names the relay port itself', () => {
    assert.equal(relay(['-p', '21117'], { PORT: '30000' }).port, 21117);
    assert.equal(relay(['--port=21200']).port, 21200);
    assert.equal(relay().port, 21117);
  });

  test('[P119] a flag wins over .env, .env over the environment', () => {
    assert.equal(rendezvous([], { PORT: '1003' }).port, 1003);
    envFile('PORT=1002');
    assert.equal(rendezvous([], { PORT: '1003' }).port, 1002);
    assert.equal(rendezvous(['--port', '1001'], { PORT: '1003' }).port, 1001);
  });

  test('[P119] names take dash or underscore in any case, in the environment, in .env and as a flag', () => {
    const spellings = [
      'RELAY-SERVERS',
      'RELAY_SERVERS',
      'relay-servers',
      'relay_servers',
      'Relay_Servers',
    ];
    for (const name of spellings) {
      assert.deepEqual(rendezvous([], { [name]: 'a,b' }).relayServers, ['a', 'b'], name);
      envFile(`${name}=c`);
      assert.deepEqual(
        rendezvous([], { 'RELAY-SERVERS': 'a' }).relayServers,
        ['c'],
        `.env ${name}`,
      );
      envFile('');
    }
    for (const flag of ['--relay-servers', '--RELAY_SERVERS', '--Relay-Servers', '-r']) {
      assert.deepEqual(rendezvous([flag, 'd']).relayServers, ['d'], flag);
    }
  });

  test('of two spellings upstream’s order decides, and the prefix is the most particular', () => {
    const env = { relay_servers: 'c', RELAY_SERVERS: 'b', 'RELAY-SERVERS': 'a' };
    assert.deepEqual(rendezvous([], env).relayServers, ['a']);
    assert.equal(rendezvous([], { WAYSTATION_PORT: '1001', PORT: '1002' }).port, 1001);
  });

  test('a file given with --config stands between flags and .env', () => {
    envFile('PORT=1002');
    const path = join(cwd, 'hbbs.ini');
    writeFileSync(path, '; comment\nport = 1001\nkey = "secret"\n[other]\nport = 5\n');
    assert.equal(rendezvous(['-c', path]).port, 1001);
    assert.equal(rendezvous(['-c', path, '-p', '1000']).port, 1000);
    assert.match(faultsOf(() => rendezvous(['-c', join(cwd, 'none')]))[0] ?? '', /cannot be read/);
  });

  test('short flags keep their case', () => {
    const config = rendezvous(['-r', 'relay.example', '-R', 'id.example', '-M', '1000']);
    assert.deepEqual(config.relayServers, ['relay.example']);
    assert.deepEqual(config.rendezvousServers, ['id.example']);
    assert.equal(config.receiveBufferBytes, 1000);
  });

  test('a secret may come from a file; nothing behind the sign means not set', () => {
    const path = join(cwd, 'url');
    writeFileSync(path, 'redis://:pw@redis:6379\n');
    assert.equal(relay([], { REDIS_URL_FILE: path }).redisUrl, 'redis://:pw@redis:6379');
    assert.equal(
      relay([], { REDIS_URL: '', REDIS_URL_FILE: path }).redisUrl,
      'redis://:pw@redis:6379',
    );
    assert.equal(relay([], { REDIS_URL: 'redis://x', REDIS_URL_FILE: path }).redisUrl, 'redis://x');
    assert.match(
      faultsOf(() => relay([], { REDIS_URL_FILE: join(cwd, 'no') }))[0] ?? '',
      /REDIS_URL_FILE/,
    );
  });

  test('an empty KEY is a value, a missing one is the key file', () => {
    const key = (env: Record<string, string>): string =>
      readConfig(registrySettings, { argv: [], env, cwd }).key;
    assert.equal(key({ KEY: '' }), '');
    assert.equal(key({}), '-');
  });
});

describe('what is refused', () => {
  test('every fault is told at once, with the name, what is wrong and an example', () => {
    const faults = faultsOf(() =>
      rendezvous(['--prot', '3'], {
        PORT: 'abc',
        ALWAYS_USE_RELAY: 'perhaps',
        WAYSTATION_RELAY_SERVRES: 'x',
      }),
    );
    assert.deepEqual(faults, [
      '--prot is no flag of this service; did you mean --port?',
      'WAYSTATION_RELAY_SERVRES is no setting of any service; did you mean WAYSTATION_RELAY_SERVERS?',
      'PORT is "abc" but must be a whole number, for example PORT=21116.',
      'ALWAYS_USE_RELAY is "perhaps" but must be Y or N, for example ALWAYS_USE_RELAY=N.',
    ]);
  });

  test('ports that leave no room for their neighbours', () => {
    for (const port of ['0', '2', '65534', '-1', '21116.5']) {
      assert.match(faultsOf(() => rendezvous([], { PORT: port }))[0] ?? '', /^PORT/, port);
    }
    assert.equal(rendezvous([], { PORT: '3' }).port, 3);
  });

  test('a slip in .env, but neither a foreign name nor another service’s', () => {
    envFile(
      'COMPOSE_PROJECT_NAME=x\nSINGLE_BANDWIDTH=5\nWAYSTATION_PUBLISH_ADDRESS=::1\nRELAY_SERVER=x',
    );
    assert.deepEqual(
      faultsOf(() => rendezvous()),
      ['RELAY_SERVER in .env is no setting of any service; did you mean RELAY_SERVERS?'],
    );
    envFile('no sign');
    assert.match(
      faultsOf(() => rendezvous())[0] ?? '',
      /\.env: line 1 is not of the form NAME=value/,
    );
  });

  test('a secret’s wrong value is not repeated', () => {
    const [fault] = faultsOf(() => relay([], { REDIS_URL: 'pw-very-secret@host' }));
    assert.match(fault ?? '', /^REDIS_URL must be an address/);
    assert.doesNotMatch(fault ?? '', /very-secret/);
  });

  test('what a check over several values finds', () => {
    const declared = settings({
      service: 'x',
      meaning: '',
      options: {
        low: option.integer({ name: 'LOW_MARK', meaning: '', default: 1 }),
        high: option.integer({ name: 'HIGH_MARK', meaning: '', default: 2 }),
      },
      check: ({ low, high }) => (low < high ? [] : ['LOW_MARK must be below HIGH_MARK.']),
    });
    const read = (env: Record<string, string>) => readConfig(declared, { argv: [], env, cwd });
    assert.deepEqual(
      faultsOf(() => read({ LOW_MARK: '2' })),
      ['LOW_MARK must be below HIGH_MARK.'],
    );
    assert.deepEqual(read({ HIGH_MARK: '9' }), { low: 1, high: 9 });
  });
});

describe('forms of values', () => {
  test('times take a unit, and a bare number is in the option’s own', () => {
    const age = (text: string): number =>
      relay([], { DOWNGRADE_START_CHECK: text }).downgradeStartCheckMs;
    assert.equal(age('5'), 5000);
    assert.equal(age('250ms'), 250);
    assert.equal(age('1.5m'), 90_000);
    assert.equal(age('2h'), 7_200_000);
    assert.match(faultsOf(() => age('5 parsecs'))[0] ?? '', /must be a time such as/);
  });

  test('upstream’s limits: zero and below are the default, decimals are allowed', () => {
    assert.equal(relay([], { SINGLE_BANDWIDTH: '-1' }).singleBandwidthMbit, 128);
    assert.equal(relay([], { SINGLE_BANDWIDTH: '0.5' }).singleBandwidthMbit, 0.5);
  });

  test('a choice may have other words', () => {
    const policy = (text: string): string => rendezvous([], { MUST_LOGIN: text }).mustLogin;
    assert.deepEqual(['Y', 'n', 'Optional'].map(policy), ['required', 'off', 'optional']);
    assert.match(faultsOf(() => policy('maybe'))[0] ?? '', /off, optional, required/);
  });

  test('the result cannot be changed', () => {
    assert.ok(Object.isFrozen(relay()));
  });
});

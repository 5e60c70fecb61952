import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { serviceSettings } from './all.js';
import { ConfigError } from './config-error.js';
import { sourcedSettings } from './env.js';
import type { AnyOption } from './settings.js';

/** What nobody means: every setting either refuses it in words, or has a use for it. */
const ABSURD = [
  '-1',
  '-99999999999999999999',
  '99999999999999999999999',
  '1e309',
  'NaN',
  'Infinity',
  '0x10',
  '1,5',
  '０',
  '\u0000',
  'a\nb',
  '\u001b[31mred',
  'ω✓',
  '"',
  '%',
  ',,,',
  'a,a,a',
  '10.0.0.0/33',
  '300.1.1.1',
  '::1/129',
  'http://',
  'https://a b',
  'host:99999',
  '[::1',
  '..',
  '[]',
  '{"a":',
  'x'.repeat(100_000),
];

/** Settings whose value is one of these kinds. */
const NUMERIC = ['integer', 'number', 'duration'];

function read(options: AnyOption, value: string) {
  const declared = serviceSettings.find((each) => Object.values(each.options).includes(options));
  assert.ok(declared);
  const { settings, faults } = sourcedSettings(declared, {
    argv: [],
    env: { [options.name]: value },
    cwd: '/nowhere',
  });
  return { faults, found: settings.find(({ option }) => option === options) };
}

describe('absurd values', () => {
  for (const { service, options } of serviceSettings) {
    test(`every setting of the ${service} refuses them in words, or can use them`, () => {
      for (const option of Object.values(options)) {
        for (const value of ABSURD) {
          const { faults, found } = read(option, value);
          const about = `${option.name}=${JSON.stringify(value.slice(0, 40))}`;
          if (faults.length === 0) requireUsable(option, found?.value, about);
          for (const fault of faults) requireWords(option, fault, about);
        }
      }
    });
  }

  test('every default and every example can be used', () => {
    for (const { options } of serviceSettings) {
      for (const option of Object.values(options)) {
        if (option.secret || option.kind === 'choice') continue;
        const texts = [option.format(option.default as never), option.example ?? ''];
        for (const value of texts.filter((text) => text !== '')) {
          assert.deepEqual(read(option, value).faults, [], `${option.name}=${value}`);
        }
      }
    }
  });

  test('what only hurts later is refused at once', () => {
    for (const [name, value] of [
      ['BIND', 'abc'],
      ['BIND', '300.1.1.1'],
      ['OPS_BIND', ':'],
      ['TRUSTED_PROXIES', '10.0.0.0/8, 10.0.0.0/33'],
      ['GATEWAY_ADDRESSES', 'automatic'],
      ['RELAY_SERVERS', 'https://relay.example.org'],
      ['RELAY_SERVERS', 'relay.example.org:70000'],
      ['MASK', '192.168.0.0/33'],
      ['MASK', '192.168.0.300/16'],
      ['WAYSTATION_RELAY_LINK_PORT', '21231-21200'],
      ['WAYSTATION_RELAY_LINK_PORT', '70000'],
      ['TEST_HBBS', 'host:70000'],
      ['HTTP_PROXY_TARGET', 'http://host:99999'],
      ['DATABASE_URL', 'postgres://user:100%@host/db'],
    ] as const) {
      const option = serviceSettings
        .flatMap(({ options }) => Object.values(options))
        .find((each) => each.name === name);
      assert.ok(option, name);
      const [fault = 'nothing'] = read(option, value).faults;
      assert.ok(fault.startsWith(name), `${name}=${value}: ${fault}`);
    }
  });

  test('an entry that stands in a list twice counts once', () => {
    const option = serviceSettings
      .flatMap(({ options }) => Object.values(options))
      .find(({ name }) => name === 'RELAY_SERVERS');
    assert.ok(option);
    assert.deepEqual(read(option, 'a, b ,a,,b').found?.value, ['a', 'b']);
  });
});

function requireUsable({ kind }: AnyOption, value: unknown, about: string): void {
  if (!NUMERIC.includes(kind)) return;
  assert.ok(Number.isFinite(value), about);
  assert.ok(kind === 'number' || Number.isSafeInteger(value), about);
}

function requireWords({ name, secret }: AnyOption, fault: string, about: string): void {
  assert.ok(fault.startsWith(name), `${about}: ${fault}`);
  assert.match(fault, /for example |must be|did you mean/, about);
  // eslint-disable-next-line no-control-regex -- a terminal would obey these
  assert.doesNotMatch(fault, /[\u0000-\u001f\u007f-\u009f]/, about);
  assert.ok(fault.length < 600, `${about}: ${fault.length} characters`);
  if (secret) assert.doesNotMatch(fault, /xxxx/, about);
  assert.ok(new ConfigError([fault]).message.includes(name));
}

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BadValue } from './config-error.js';
import { parseRedisAddress } from './redis-address.js';

const PLAIN = { tls: false, username: '', password: '', database: 0, sentinel: undefined };

describe('REDIS_URL', () => {
  test('one Redis, with and without what may be left out', () => {
    assert.deepEqual(parseRedisAddress('redis://cache'), {
      ...PLAIN,
      endpoints: [{ host: 'cache', port: 6379 }],
    });
    assert.deepEqual(parseRedisAddress('rediss://who:p%40ss%2Fword@[2001:db8::1]:6380/3'), {
      endpoints: [{ host: '2001:db8::1', port: 6380 }],
      tls: true,
      username: 'who',
      password: 'p@ss/word',
      database: 3,
      sentinel: undefined,
    });
  });

  test('Sentinels, with passwords of their own', () => {
    const text =
      'redis+sentinel://:data-pw@10.0.0.5:26380,ten-six,[2001:db8::7]:1/main/2?sentinelPassword=watch%26pw&sentinelUser=w';
    assert.deepEqual(parseRedisAddress(text), {
      endpoints: [
        { host: '10.0.0.5', port: 26380 },
        { host: 'ten-six', port: 26379 },
        { host: '2001:db8::7', port: 1 },
      ],
      tls: false,
      username: '',
      password: 'data-pw',
      database: 2,
      sentinel: { primary: 'main', username: 'w', password: 'watch&pw' },
    });
    assert.equal(parseRedisAddress('rediss+sentinel://a/b').tls, true);
  });

  for (const [what, text] of Object.entries({
    'another scheme': 'http://host',
    'no host': 'redis://:secret@',
    'a port that is none': 'redis://host:65536',
    'a database that is no number': 'redis://host/main',
    'several hosts without Sentinels': 'redis://a:1,b:2',
    'Sentinels without the name of the primary': 'redis+sentinel://:secret@a,b',
    'Sentinels with an empty host': 'redis+sentinel://a,,b/main',
    'a setting of Sentinels that nobody knows': 'redis+sentinel://a/main?password=secret',
    'a lonely percent sign': 'redis://:secret%@host',
  })) {
    test(`refuses ${what}, and does not repeat it`, () => {
      assert.throws(
        () => parseRedisAddress(text),
        (error) => error instanceof BadValue && !error.message.includes('secret'),
      );
    });
  }
});

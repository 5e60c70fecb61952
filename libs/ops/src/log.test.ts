import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, test } from 'node:test';
import { until } from '@waystation/testkit';
import { type LogFormat, type LogLevel, calm, createLog, rateCapped } from './log.js';

function logTo(level: LogLevel, format: LogFormat) {
  const stream = new PassThrough();
  let written = '';
  stream.on('data', (chunk: Buffer) => (written += chunk.toString()));
  // the logger hands lines on in later turns of the event loop
  const text = async (): Promise<string> => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return written;
  };
  return { log: createLog('relay-abc123', level, format, stream), text };
}

/** Fields that must never be seen, under the names and the nesting that code might use. */
const SECRETS = {
  token: 'SEEN-1',
  accessToken: 'SEEN-2',
  licenceKey: 'SEEN-3',
  licence_key: 'SEEN-4',
  'licence-key': 'SEEN-5',
  license_key: 'SEEN-6',
  sessionKey: Buffer.from('SEEN-7'),
  symmetric_key: 'SEEN-8',
  key: 'SEEN-9',
  secretKey: 'SEEN-10',
  password: 'SEEN-11',
  authorization: 'Bearer SEEN-12',
  switch_code: 'SEEN-13',
  redisUrl: 'redis://:SEEN-14@host',
  url: 'redis://user:SEEN-15@host:6379/0',
  headers: { Cookie: 'SEEN-16', list: [{ api_key: 'SEEN-17' }] },
  error: new Error('connect redis://:SEEN-18@host failed'),
  bytes: Buffer.from('SEEN-19'),
};

describe('log', () => {
  for (const format of ['json', 'readable'] as const) {
    test(`[P123] tokens, licence keys and session keys are masked (${format})`, async () => {
      const { log, text } = logTo('debug', format);
      log.info('refused Bearer SEEN-20 at redis://:SEEN-21@host', SECRETS);
      log.debug('again', { nested: { deep: SECRETS } });
      const written = await text();
      assert.doesNotMatch(written, /SEEN/);
      assert.doesNotMatch(written, new RegExp(Buffer.from('SEEN').toString('hex')));
      assert.match(written, /refused/);
      assert.match(written, /redis:\/\/user:\*\*\*@host/);
    });
  }

  test('what is no secret stays', async () => {
    const { log, text } = logTo('info', 'json');
    log.warn('refused', {
      id: '123456789',
      ip: '192.0.2.1',
      keyFingerprint: 'ab12',
      count: 3n,
      token: '',
    });
    const line = JSON.parse(await text()) as Record<string, unknown>;
    assert.match(String(line['time']), /^\d{4}-\d\d-\d\dT/);
    delete line['time'];
    assert.deepEqual(line, {
      level: 'warn',
      service: 'relay-abc123',
      message: 'refused',
      id: '123456789',
      ip: '192.0.2.1',
      keyFingerprint: 'ab12',
      count: '3',
      token: '',
    });
  });

  test('a line cannot be broken in two by what a client sent', async () => {
    const { log, text } = logTo('info', 'readable');
    log.info('hello', { id: 'a\nb forged' });
    assert.equal((await text()).trimEnd().split('\n').length, 1);
  });

  test('nor can a message or a field make a terminal obey', async () => {
    for (const format of ['json', 'readable'] as const) {
      const { log, text } = logTo('info', format);
      log.info('hello\nforged', { id: 'a\u009b31m\u202e\u2028', 'na\u001bme': '\u007f' });
      const written = (await text()).trimEnd();
      assert.doesNotMatch(written, /[\p{Cc}\u2028\u202e]/u, format);
      if (format === 'readable') continue;
      const line = JSON.parse(written) as { id: string };
      assert.equal(line.id, 'a\u009b31m\u202e\u2028');
    }
  });

  test('a password is masked to its last letter', async () => {
    const { log, text } = logTo('info', 'json');
    log.info('redis://:SEEN@SEEN/SEEN@host', {
      at: 'postgres://u:SEEN:SEEN@SEEN@host/db',
      b: 'c@d',
    });
    const written = await text();
    assert.doesNotMatch(written, /SEEN/);
    assert.match(written, /host\/db","b":"c@d"/);
  });

  test('a reader who stands still costs a little memory and no more, and hears of what he missed', async () => {
    const stream = new PassThrough();
    const log = createLog('relay-abc123', 'info', 'json', stream);
    const waiting = (): number => stream.writableLength + stream.readableLength;
    for (let round = 0; round < 100; round++) {
      for (let line = 0; line < 200; line++) log.info('x'.repeat(1000));
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok(waiting() < 2 * 2 ** 20, `${waiting()} characters wait`);
    let written = '';
    stream.on('data', (chunk: Buffer) => (written += chunk.toString()));
    await until(() => waiting() === 0, { timeoutMs: 20_000 });
    log.info('read again');
    await until(() => written.includes('read again'), { timeoutMs: 20_000 });
    const last = JSON.parse(written.trimEnd().split('\n').at(-1) ?? '') as { leftOut: number };
    assert.ok(last.leftOut > 10_000, String(last.leftOut));
  });

  test('a reader who is gone is no error', async () => {
    const stream = new PassThrough();
    const log = createLog('relay-abc123', 'info', 'json', stream);
    stream.destroy(new Error('EPIPE'));
    log.info('nobody hears');
    await new Promise((resolve) => setTimeout(resolve, 20));
  });

  test('levels below the chosen one are not written', async () => {
    const { log, text } = logTo('warn', 'readable');
    log.info('no');
    log.debug('no');
    assert.equal(await text(), '');
    log.error('yes');
    assert.match(await text(), /error relay-abc123 yes/);
  });

  test('what is not known is not shown', async () => {
    const { log, text } = logTo('info', 'readable');
    log.info('attempt', { callee: '123456789', user: undefined });
    assert.match(await text(), /attempt callee=123456789\n$/);
  });

  test('a loop of objects ends', async () => {
    const { log, text } = logTo('info', 'json');
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    log.info('loop', loop);
    assert.match(await text(), /…/);
  });

  test('a capped log counts what it leaves out', async () => {
    const { log, text } = logTo('info', 'json');
    let nowMs = 1000;
    const capped = rateCapped(log, 2, () => nowMs);
    for (let line = 0; line < 5; line++) capped.info('flood');
    nowMs = 2000;
    capped.info('flood');
    const lines = (await text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(
      lines.map((line) => line['leftOut']),
      [undefined, undefined, 3],
    );
  });

  test('a capped log counts each message by itself, and knows a bounded number of them', async () => {
    const { log, text } = logTo('info', 'readable');
    const capped = rateCapped(log, 1, () => 1000);
    for (let line = 0; line < 3; line++) capped.info('a flood', { line });
    capped.warn('something else');
    for (let n = 0; n < 2000; n++) capped.info(`message ${n}`);
    const lines = (await text()).trim().split('\n');
    assert.match(lines[0] ?? '', /a flood line=0$/);
    assert.match(lines[1] ?? '', /something else$/);
    assert.ok(lines.length > 100 && lines.length < 1000, `${lines.length} lines`);
  });

  test('what was left out twice is counted once', async () => {
    const { log, text } = logTo('info', 'json');
    let nowMs = 1000;
    const capped = rateCapped(
      rateCapped(log, 1, () => nowMs),
      3,
      () => nowMs,
    );
    for (let line = 0; line < 5; line++) capped.warn('flood');
    nowMs = 2000;
    capped.warn('flood');
    assert.match(await text(), /"leftOut":4\}\n$/);
  });

  test('a calm log leaves out warnings and errors that repeat, and nothing that is told', async () => {
    const { log, text } = logTo('info', 'readable');
    const still = calm(log);
    for (let line = 0; line < 90; line++) {
      still.warn('away');
      still.error('failed');
      still.info('told');
    }
    const count = async (word: string): Promise<number> =>
      (await text()).split('\n').filter((line) => line.endsWith(word)).length;
    assert.ok((await count('away')) <= 40 && (await count('failed')) <= 40);
    assert.equal(await count('told'), 90);
  });

  test('lines of a level that is off use up nothing of the cap', async () => {
    const { log, text } = logTo('info', 'readable');
    const capped = rateCapped(log, 1, () => 1000);
    for (let line = 0; line < 5; line++) capped.debug('not shown');
    capped.info('shown');
    assert.match(await text(), /shown\n$/);
    assert.doesNotMatch(await text(), /leftOut/);
  });
});

import assert from 'node:assert/strict';
import { createConnection } from 'node:net';
import { test } from 'node:test';
import { isFree } from './free-ports.js';
import { startRedis } from './redis-server.js';
import { until } from './until.js';

function command(port: number, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ port, host: '127.0.0.1' }, () => socket.write(`${line}\r\n`));
    socket.setTimeout(300, () => socket.destroy(new Error('no answer')));
    socket.once('data', (data) => {
      resolve(data.toString().trim());
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

void test('a private Redis answers, freezes, thaws, restarts and leaves its port', async () => {
  const redis = await startRedis({ appendOnly: true });
  try {
    assert.equal(await command(redis.port, 'SET a 1'), '+OK');
    redis.pause();
    await assert.rejects(command(redis.port, 'GET a'));
    redis.resume();
    await until(async () => (await command(redis.port, 'GET a')).endsWith('1'));
    await redis.restart();
    assert.match(await command(redis.port, 'GET a'), /1$/);
  } finally {
    await redis.stop();
  }
  assert.ok(await isFree(redis.port));
});

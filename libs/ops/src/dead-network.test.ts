import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { interfaceNames, watchNetwork } from './dead-network.js';

const HEAD = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop
`;
const LOOPBACK =
  '    lo: 3540      46    0    0    0     0          0         0     3540      46    0    0\n';
const ETHERNET =
  '  eth0:   1186      13    0    0    0     0          0         0      126       3    0    0\n';

/** Lets the watch look `times` times at these texts in turn, the last one for ever. */
async function looks(texts: readonly string[], times: number): Promise<number> {
  let seen = 0;
  let alarms = 0;
  await new Promise<void>((resolve) => {
    const read = (): string => {
      if (++seen === times) setImmediate(resolve);
      return texts[Math.min(seen, texts.length) - 1] ?? '';
    };
    const end = watchNetwork(
      () => {
        alarms++;
        resolve();
      },
      read,
      1,
    );
    // the watch itself keeps no process alive
    const alive = setInterval(() => undefined, 100);
    void Promise.resolve().then(async () => {
      while (seen < times && alarms === 0) await new Promise((next) => setTimeout(next, 1));
      end();
      clearInterval(alive);
    });
  });
  return alarms;
}

describe('the watch over a shared network', () => {
  test('reads the interfaces of /proc/net/dev', () => {
    assert.deepEqual(interfaceNames(HEAD + LOOPBACK + ETHERNET), ['lo', 'eth0']);
  });

  test('gives alarm when only loopback is left', async () => {
    assert.equal(await looks([HEAD + LOOPBACK + ETHERNET, HEAD + LOOPBACK], 10), 1);
  });

  test('stays quiet with an interface, and when it was away for a single look', async () => {
    const alive = HEAD + LOOPBACK + ETHERNET;
    assert.equal(await looks([alive], 5), 0);
    assert.equal(await looks([alive, HEAD + LOOPBACK, alive, HEAD + LOOPBACK, alive], 8), 0);
  });
});

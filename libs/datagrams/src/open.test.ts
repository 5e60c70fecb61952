import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DatagramEndpoint } from './datagram-endpoint.js';
import { openDatagrams, type DatagramOptions } from './open.js';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

type Heard = { readonly data: Buffer; readonly ip: string; readonly port: number };

/** An endpoint that keeps what it hears and answers with what `answer` makes of it. */
async function endpoint(
  options: Partial<DatagramOptions>,
  answer?: (heard: Heard) => Uint8Array | undefined,
): Promise<{ udp: DatagramEndpoint; heard: Heard[] }> {
  const heard: Heard[] = [];
  const udp = await openDatagrams({ port: 0, reusePort: false, ...options }, (data, ip, port) => {
    const one = { data, ip, port };
    heard.push(one);
    const bytes = answer?.(one);
    if (bytes !== undefined) udp.send(bytes, port, ip);
  });
  closers.push(() => udp.close());
  return { udp, heard };
}

async function client(host = '127.0.0.1'): Promise<{ socket: Socket; answers: Buffer[] }> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  const answers: Buffer[] = [];
  socket.on('message', (data) => answers.push(data));
  socket.bind(0, host);
  await once(socket, 'listening');
  closers.push(() => socket.close());
  return { socket, answers };
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, `waited in vain for ${what}`);
    await sleep(5);
  }
}

for (const batches of [true, false]) {
  describe(batches ? 'in batches' : 'one by one', () => {
    test('batches are what this system does, unless they are switched off', async () => {
      const { udp } = await endpoint({ batches });
      assert.equal(udp.batched, batches);
    });

    test('every datagram of a burst is answered to its own sender', async () => {
      const { udp, heard } = await endpoint({ batches }, ({ data }) =>
        Buffer.concat([Buffer.from('re '), data]),
      );
      const clients = await Promise.all(
        ['127.0.0.1', '127.0.0.2', '127.9.8.7'].map((ip) => client(ip)),
      );
      // More than one batch, all of it queued before the endpoint's turn comes.
      for (let n = 0; n < 70; n++) {
        clients.forEach(({ socket }, who) => socket.send(`${who}-${n}`, udp.port, '127.0.0.1'));
      }
      await until(() => clients.every(({ answers }) => answers.length === 70), 'all answers');
      clients.forEach(({ answers }, who) => {
        const expected = Array.from({ length: 70 }, (_, n) => `re ${who}-${n}`);
        assert.deepEqual(answers.map(String).sort(), expected.sort());
      });
      assert.deepEqual([...new Set(heard.map(({ ip }) => ip))].sort(), [
        '127.0.0.1',
        '127.0.0.2',
        '127.9.8.7',
      ]);
    });

    test('what was heard stays as it was when more comes', async () => {
      const { udp, heard } = await endpoint({ batches });
      const { socket } = await client();
      for (let n = 0; n < 300; n++) {
        socket.send(`datagram ${n}`, udp.port, '127.0.0.1');
        // No more at a time than the smallest receive buffer takes.
        if (n % 100 === 99) await until(() => heard.length === n + 1, 'all datagrams');
      }
      const texts = new Set(heard.map(({ data }) => data.toString()));
      assert.equal(texts.size, 300);
    });

    test('IPv6 sources keep their address, on the same socket as IPv4', async () => {
      const { udp, heard } = await endpoint({ batches }, ({ data }) => data);
      const { socket, answers } = await client('::1');
      for (let n = 0; n < 20; n++) socket.send(`${n}`, udp.port, '::1');
      await until(() => answers.length === 20, 'answers over IPv6');
      assert.deepEqual([...new Set(heard.map(({ ip }) => ip))], ['::1']);
    });

    test('something can be sent that answers nothing, over IPv4, IPv6 and in any size', async () => {
      const { udp } = await endpoint({ batches });
      const four = await client();
      const six = await client('::1');
      const long = Buffer.alloc(9_000, 'x');
      udp.send(Buffer.from('push'), four.socket.address().port, '127.0.0.1');
      udp.send(long, four.socket.address().port, '127.0.0.1');
      udp.send(Buffer.from('push'), six.socket.address().port, '::1');
      await until(() => four.answers.length === 2 && six.answers.length === 1, 'pushes');
      assert.deepEqual(four.answers.map((data) => data.length).sort(), [4, 9_000]);
    });

    test('a datagram of the largest size arrives whole, an empty one as empty', async () => {
      const { udp, heard } = await endpoint({ batches, host: '127.0.0.1' });
      const { socket } = await client();
      const large = Buffer.from(Array.from({ length: 65_507 }, (_, n) => n & 0xff));
      for (const data of [Buffer.from('a'), large, Buffer.alloc(0), large]) {
        socket.send(data, udp.port, '127.0.0.1');
      }
      await until(() => heard.length === 4, 'four datagrams');
      assert.deepEqual(heard.map(({ data }) => data.length).sort(), [0, 1, 65_507, 65_507].sort());
      assert.ok(heard.every(({ data }) => data.length < 2 || data.equals(large)));
    });

    test('answers that find the send buffer full wait for room', async () => {
      const { udp } = await endpoint({ batches, host: '127.0.0.1' });
      const { socket, answers } = await client();
      socket.setRecvBufferSize(4 * 1024 * 1024);
      // On loopback a datagram fills the sender's buffer until it is read: this is several times that.
      const bytes = Buffer.alloc(1_000, 'x');
      for (let n = 0; n < 600; n++) udp.send(bytes, socket.address().port, '127.0.0.1');
      await until(() => answers.length === 600, 'all that was sent');
      assert.equal(udp.unsentDatagrams, 0);
    });

    test('a target that cannot be reached spoils nothing', async () => {
      const { udp } = await endpoint({ batches, host: '127.0.0.1' }, ({ data }) => data);
      const { socket, answers } = await client();
      udp.send(Buffer.from('lost'), 9, '192.0.2.1');
      for (const bytes of [4, 9_000]) udp.send(Buffer.alloc(bytes), 0, '127.0.0.1');
      socket.send('still here', udp.port, '127.0.0.1');
      await until(() => answers.length === 1, 'an answer');
    });

    test('an address in use is refused with a sentence that names it', async () => {
      const { udp } = await endpoint({ batches, host: '127.0.0.1' });
      await assert.rejects(
        endpoint({ batches, host: '127.0.0.1', port: udp.port }),
        new RegExp(`cannot listen on 127\\.0\\.0\\.1:${udp.port}: another program already uses it`),
      );
    });

    test('replicas share a port when both ask for it', async () => {
      const first = await endpoint({ batches, reusePort: true });
      const second = await endpoint({ batches, reusePort: true, port: first.udp.port });
      assert.equal(second.udp.port, first.udp.port);
    });

    test('after its end it hears and sends nothing more', async () => {
      const { udp, heard } = await endpoint({ batches }, () => {
        void udp.close();
        return Buffer.from('too late');
      });
      closers.length = 0;
      const { socket, answers } = await client();
      const other = await client();
      for (let n = 0; n < 50; n++) socket.send(`${n}`, udp.port, '127.0.0.1');
      await until(() => heard.length > 0, 'the first datagram');
      // A datagram that went its way after the close would be here before this one.
      other.socket.send('end', socket.address().port, '127.0.0.1');
      await until(() => answers.some((data) => data.toString() === 'end'), 'the end');
      assert.equal(heard.length, 1);
      assert.deepEqual(answers.map(String), ['end']);
    });

    test('the receive buffer is as large as asked for', async () => {
      const { udp } = await endpoint({ batches, receiveBufferBytes: 100_000 });
      assert.ok(udp.receiveBufferBytes >= 100_000);
    });
  });
}

test('what the kernel drops is counted', async () => {
  const { udp, heard } = await endpoint({ host: '127.0.0.1', receiveBufferBytes: 4_096 });
  const { socket } = await client();
  assert.equal(udp.droppedDatagrams, 0);
  // All of it is sent in one turn of the loop, so that the endpoint cannot take any of it.
  for (let n = 0; n < 500; n++) socket.send('x'.repeat(200), udp.port, '127.0.0.1');
  await until(() => heard.length + udp.droppedDatagrams === 500, 'the sum to be right');
  assert.ok(udp.droppedDatagrams > 0);
});

test('a Node without FFI moves datagrams one by one', () => {
  const index = new URL('./index.js', import.meta.url).href;
  const program = `
    import { openDatagrams } from ${JSON.stringify(index)};
    const udp = await openDatagrams({ port: 0, reusePort: false }, () => undefined);
    process.stdout.write(String(udp.batched));
    await udp.close();`;
  const args = ['--no-experimental-ffi', '--input-type=module', '-e', program];
  assert.equal(execFileSync(process.execPath, args, { encoding: 'utf8' }), 'false');
});

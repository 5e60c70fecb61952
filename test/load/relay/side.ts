import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { churn } from './churn.js';
import { firstBytes } from './first-bytes.js';
import { Legs } from './legs.js';
import type { Answers, Orders } from './orders.js';
import { flood, sendMessages, write } from './senders.js';

/** A generator process: obeys the conductor's orders, one after the other. */
const legs = new Legs();

type Handlers = { [N in keyof Orders]: (order: Orders[N]) => Promise<Answers[N]> };

const handlers: Handlers = {
  open: async (order) => {
    await legs.open(order);
    return null;
  },
  await: async ({ legs: wanted }) => {
    const deadline = performance.now() + 30_000;
    while (legs.sockets.length < wanted) {
      if (performance.now() > deadline) throw new Error(`only ${String(legs.sockets.length)} legs`);
      await sleep(5);
    }
    return null;
  },
  flood: async ({ ms }) => {
    await flood(legs.sockets, ms);
    return null;
  },
  messages: async (order) => ({ sent: await sendMessages(legs.sockets, order) }),
  sendStream: async ({ bytes }) => {
    const hash = createHash('sha256');
    const [socket] = legs.sockets;
    for (let left = bytes; left > 0 && socket !== undefined; left -= STREAM_CHUNK) {
      const chunk = randomBytes(Math.min(left, STREAM_CHUNK));
      hash.update(chunk);
      await write(socket, chunk);
    }
    return { hash: hash.digest('hex') };
  },
  hashStream: async ({ bytes }) => ({ hash: await legs.hashFirst(bytes) }),
  reset: ({ messageBytes }) => {
    legs.reset(messageBytes);
    return Promise.resolve(null);
  },
  count: () => Promise.resolve(legs.count()),
  churn: async (order) => ({ pairs: await churn(order) }),
  firstBytes,
  close: async () => {
    await legs.close();
    return null;
  },
};

process.on('message', (message: { name: keyof Orders; order: never }) => {
  handlers[message.name](message.order).then(
    (value) => process.send?.({ value }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});

const STREAM_CHUNK = 64 * 1024;

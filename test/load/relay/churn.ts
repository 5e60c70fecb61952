import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { joinFrame, sourceAddress } from './legs.js';
import type { OpenOrder, Orders } from './orders.js';

/**
 * Sets up pairs, passes one byte through each and parts again; returns how many made it. Through a
 * relay that pairs, both legs are ours; through a proxy the far end is a sink that hangs up as soon
 * as it got the byte.
 */
export async function churn(order: Orders['churn']): Promise<number> {
  const until = performance.now() + order.ms;
  let next = 0;
  let pairs = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() < until) {
      const n = next;
      next += 1;
      const passed = order.how === 'dial' ? await pairOnce(order, n) : await passOnce(order, n);
      if (passed && performance.now() < until) pairs += 1;
    }
  };
  await Promise.all(Array.from({ length: order.parallel }, worker));
  return pairs;
}

/** A connection of its own source address that nobody reads yet. */
export function dial({ address, port }: OpenOrder, n: number): Socket {
  const localAddress = sourceAddress(address, n);
  const socket = connect({ port, host: address, localAddress, noDelay: true });
  socket.on('error', () => undefined);
  return socket;
}

async function pairOnce(order: Orders['churn'], n: number): Promise<boolean> {
  const join = joinFrame(`${order.run}-${String(n)}`);
  const caller = dial(order, n);
  const callee = dial(order, n);
  caller.write(Buffer.concat([join, Buffer.of(1)]));
  callee.write(join);
  let passed = false;
  callee.once('data', () => {
    passed = true;
    caller.destroy();
  });
  caller.resume();
  await once(callee, 'close');
  caller.destroy();
  return passed;
}

async function passOnce(order: Orders['churn'], n: number): Promise<boolean> {
  const socket = dial(order, n);
  socket.resume();
  socket.write(Buffer.of(1));
  let ended = false;
  socket.once('end', () => {
    ended = true;
  });
  await once(socket, 'close');
  return ended;
}

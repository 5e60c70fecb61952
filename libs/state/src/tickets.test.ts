import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '@waystation/testkit';
import { keyTable } from './key-table.js';
import { keys } from './keys.js';
import { closeRedis, openRedis, redisReady } from './redis.js';
import { hearTickets, type Ticket, Tickets } from './tickets.js';
import { ownRedis } from './testing/own-redis.js';

const { server, redis } = await ownRedis();

test('those who listen hear of every ticket, and of nothing that is none', async (t) => {
  const subscriber = openRedis(server.url, 'tickets');
  t.after(() => closeRedis(subscriber));
  await redisReady(subscriber);
  const heard: Ticket[] = [];
  await hearTickets(subscriber, (ticket) => heard.push(ticket));
  const ticket = { uuid: 'u-4', caller: '198.51.100.23:4000', callee: 'b', attempt: 'x1' };
  await redis.publish(keys.tickets, 'no ticket');
  await redis.publish(keys.tickets, '{"uuid":7}');
  await new Tickets(redis).issue(ticket);
  await until(() => heard.length > 0, { what: 'the ticket' });
  assert.deepEqual(heard, [ticket]);
});

test('a ticket is found until it expires', async () => {
  const tickets = new Tickets(redis);
  const ticket = { uuid: 'u-2', caller: '198.51.100.23:4000', callee: 'b', attempt: 'x1' };
  await tickets.issue(ticket);
  assert.deepEqual(await tickets.find('u-2'), ticket);
  assert.ok((await redis.pttl(keys.ticket('u-2'))) <= keyTable.ticket.ttlMs);
  assert.equal(await tickets.find('u-3'), undefined);
});

import type { Health } from '@waystation/ops';
import type { Backplane } from './backplane.js';
import type { RendezvousConfig } from './ports.js';
import { answersUdp } from './self-test.js';

/** Well within the patience of a probe. */
const ECHO_MS = 1500;

/** What a rendezvous must be able to do to get work: reach Redis both ways, and hear datagrams. */
export function watchOwnHealth(
  health: Health,
  { redis, subscriber }: Pick<Backplane, 'redis' | 'subscriber'>,
  { bind, port, selfTest }: Pick<RendezvousConfig, 'bind' | 'port' | 'selfTest'>,
): void {
  const askRedis = async (): Promise<void> => {
    await redis.ping();
    if (subscriber.status !== 'ready') throw new Error('signals of other replicas are not heard');
  };
  health.addProbe('redis', askRedis, { shared: true });
  // an operator's word that datagrams from this machine to itself get lost
  if (selfTest.toLowerCase() === 'no') return;
  const own = bind === '' ? '127.0.0.1' : bind;
  health.addProbe('udp', async () => {
    if (await answersUdp(own, port, ECHO_MS)) return;
    throw new Error(`a heartbeat to UDP ${own}:${port} is not answered`);
  });
}

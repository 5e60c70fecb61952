import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';

/** A way to Redis that lets nothing through any more from a certain command on. */
export interface SilentRedis extends AsyncDisposable {
  readonly port: number;
  /** Settles when that command has come. */
  readonly silent: Promise<void>;
}

/** Opens one to a Redis on loopback; `word` is what the command holds, without regard to case. */
export async function silentRedis(redisPort: number, word: string): Promise<SilentRedis> {
  const silence = Promise.withResolvers<void>();
  let isSilent = false;
  const ends = new Set<() => void>();
  const server = createServer((client) => {
    const redis = connect(redisPort, '127.0.0.1');
    ends.add(() => [client, redis].forEach((socket) => socket.destroy()));
    for (const socket of [client, redis]) {
      socket.on('error', () => undefined);
      socket.on('close', () => [client, redis].forEach((each) => each.destroy()));
    }
    client.on('data', (chunk) => {
      isSilent ||= chunk.toString('latin1').toLowerCase().includes(word);
      if (isSilent) silence.resolve();
      else redis.write(chunk);
    });
    redis.pipe(client);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const stop = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    for (const end of ends) end();
    await closed;
  };
  const { port } = server.address() as AddressInfo;
  return { port, silent: silence.promise, [Symbol.asyncDispose]: stop };
}

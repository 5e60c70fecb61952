import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import { Pump } from '@waystation/pump';
import { FrameDecoder, decodeMessage } from '@waystation/wire';

/**
 * The smallest relay around the pump: accepts, reads the join, pairs by uuid and hands both legs
 * over. No key, no tickets, no limits: it measures the data path, not the service.
 * Arguments: address and port to listen on. Prints "ready" when it listens.
 */
interface Waiting {
  readonly socket: Socket;
  readonly rest: Buffer;
}

const [address = '127.0.0.1', port = '0'] = process.argv.slice(2);
const { pump, reason } = await Pump.start();
if (pump === undefined) throw new Error(`the pump cannot run: ${reason}`);

const waiting = new Map<string, Waiting>();
const server = createServer({ noDelay: true }, (socket) => {
  const decoder = new FrameDecoder(MAX_JOIN_BYTES);
  const drop = (): void => {
    socket.destroy();
  };
  const onData = (chunk: Buffer): void => {
    decoder.push(chunk);
    const payload = decoder.next();
    if (payload === undefined) return;
    socket.off('data', onData).pause();
    const message = decodeMessage(payload);
    if (message.name === 'requestRelay') join(message.value.uuid, { socket, rest: decoder.rest() });
    else drop();
  };
  socket.on('data', onData).on('error', drop);
});

function join(uuid: string, second: Waiting): void {
  const first = waiting.get(uuid);
  if (first === undefined) {
    waiting.set(uuid, second);
    return;
  }
  waiting.delete(uuid);
  const early = { toA: second.rest, toB: first.rest };
  const pair = pump?.adopt(first.socket, second.socket, early, () => undefined);
  if (pair !== undefined) return;
  first.socket.destroy();
  second.socket.destroy();
}

server.listen({ port: Number(port), host: address, backlog: 4096 }, () => {
  process.stdout.write('ready\n');
});

const MAX_JOIN_BYTES = 64 * 1024;

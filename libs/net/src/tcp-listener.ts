import { openAcceptor } from './acceptor.js';
import type { Listener } from './connection.js';
import { Doorkeeper } from './doorkeeper.js';
import type { ListenOptions } from './listen-options.js';
import { TcpConnection } from './tcp-connection.js';
import { TcpStream } from './tcp-stream.js';

/** Listens for framed TCP and hands each connection to `accept`, which sets its handlers before it returns. */
export function listenTcp(
  options: ListenOptions,
  accept: (connection: TcpConnection) => void,
): Promise<Listener> {
  const door = new Doorkeeper(options);
  return openAcceptor(options, door, (socket, peer, early) => {
    if (!door.admit(peer.ip)) return void socket.destroy();
    const stream = new TcpStream(socket);
    stream.onGone(() => door.leave(peer.ip));
    accept(new TcpConnection(stream, peer, early, options.frameMs));
  });
}

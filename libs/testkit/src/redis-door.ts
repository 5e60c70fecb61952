import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** A way to Redis for some, which a test can cut or silence while others go on. */
export class RedisDoor implements AsyncDisposable {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #isCut = false;

  private constructor(redisPort: number) {
    this.#server = createServer((outer) => {
      if (this.#isCut) return void outer.destroy();
      const inner = connect(redisPort, '127.0.0.1');
      this.#keep(outer, inner);
      this.#keep(inner, outer);
      outer.pipe(inner).pipe(outer);
    });
  }

  static async open(redisPort: number): Promise<RedisDoor> {
    const door = new RedisDoor(redisPort);
    door.#server.listen(0, '127.0.0.1');
    await once(door.#server, 'listening');
    return door;
  }

  /** REDIS_URL of those who go through it. */
  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `redis://127.0.0.1:${String(port)}`;
  }

  /** Ends every connection and lets none come to Redis. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Lets every connection stay open and passes nothing on; new ones come to Redis. */
  silence(): void {
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  mend(): void {
    this.#isCut = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #keep(socket: Socket, other: Socket): void {
    this.#sockets.add(socket);
    socket.once('error', () => other.destroy());
    socket.once('close', () => {
      this.#sockets.delete(socket);
      other.destroy();
    });
  }
}

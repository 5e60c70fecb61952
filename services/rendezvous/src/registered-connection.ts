/** Heartbeats without an echo after which a connection counts as dead (protocol 6.3). */
const MISSED_ECHOES_LIMIT = 3;
const HEARTBEAT = Buffer.alloc(0);

/** The part of a connection that keep-alive needs. */
export interface Beating {
  send(payload: Uint8Array): unknown;
  close(reason: string): void;
}

/**
 * Keep-alive of a device that registered over TCP or WebSocket: a zero-length frame every
 * `heartbeatMs`, never encrypted; anything the client sends counts as its echo.
 */
export class RegisteredConnection {
  private missed = 0;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly connection: Beating,
    heartbeatMs: number,
  ) {
    this.timer = setInterval(() => this.beat(), heartbeatMs);
  }

  /** The client has sent something. */
  heard(): void {
    this.missed = 0;
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private beat(): void {
    if (this.missed >= MISSED_ECHOES_LIMIT) {
      this.stop();
      this.connection.close('heartbeat-lost');
      return;
    }
    this.missed += 1;
    this.connection.send(HEARTBEAT);
  }
}

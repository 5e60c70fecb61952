import type { UdpEndpoint } from '@waystation/net';

/** The way out to UDP peers: always the one socket that clients send to, else their NAT drops it. */
export class UdpOutlet {
  private endpoint: Pick<UdpEndpoint, 'send'> | undefined;

  /** From now on datagrams leave here; undefined while the socket is closed. */
  use(endpoint: Pick<UdpEndpoint, 'send'> | undefined): void {
    this.endpoint = endpoint;
  }

  /** Fire and forget, as UDP is. */
  readonly send = (message: Uint8Array, port: number, ip: string): void => {
    this.endpoint?.send(message, port, ip);
  };
}

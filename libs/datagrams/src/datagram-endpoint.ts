/** One UDP socket: answers leave from the port that the question came to. */
export interface DatagramEndpoint {
  readonly port: number;
  /** True when many datagrams are moved per system call. */
  readonly batched: boolean;
  /** Receive buffer that the kernel granted, in bytes. */
  readonly receiveBufferBytes: number;
  /** Datagrams that the kernel threw away because the receive buffer was full; 0 where it does not tell. */
  readonly droppedDatagrams: number;
  /** Datagrams that the kernel refused to send, because of their target or a full send buffer. */
  readonly unsentDatagrams: number;
  /** Fire and forget: a datagram the kernel refuses is lost, as one on the way would be. */
  send(bytes: Uint8Array, port: number, ip: string): void;
  close(): Promise<void>;
}

export { AddressSet } from './address-set.js';
export { AddressLimit } from './address-limit.js';
export { closingConnections } from './closing.js';
export {
  DEFAULT_FRAME_MS,
  DEFAULT_IDLE_MS,
  DEFAULT_LIMIT_BYTES,
  type CloseReason,
  type Connection,
  type Listener,
} from './connection.js';
export { CorrelationPorts } from './correlation-ports.js';
export { defaultGateways } from './default-gateways.js';
export { dialTcp } from './dial.js';
export type { Loan } from './loan.js';
export { LazyTimer } from './lazy-timer.js';
export { REFUSAL_REASONS, type ListenOptions, type RefusalReason } from './listen-options.js';
export { placeOf, type Place } from './place.js';
export { parseProxyHeader, type ProxyHeader } from './proxy-protocol.js';
export { probeTcp } from './probe-tcp.js';
export { effectiveIp } from './remote-address.js';
export { TcpConnection } from './tcp-connection.js';
export { listenTcp } from './tcp-listener.js';
export { TcpStream, type StreamEnd } from './tcp-stream.js';
export { openUdp, UdpEndpoint, type OnDatagram, type UdpOptions } from './udp-endpoint.js';
export { LONGEST_WS_FRAME_BYTES, WsConnection } from './ws-connection.js';
export { listenWs } from './ws-listener.js';

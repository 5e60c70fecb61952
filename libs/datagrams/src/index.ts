export { openBound, socketAddress, switchOption } from './batch-socket.js';
export type { DatagramEndpoint } from './datagram-endpoint.js';
export { openLibc, type Libc } from './libc.js';
export { MessageSlots } from './message-slots.js';
export { openDatagrams } from './open.js';

export { openBound, socketAddress, switchOption, type BindPlace } from './batch-socket.js';
export type { DatagramEndpoint } from './datagram-endpoint.js';
export { openLibc, type Libc } from './libc.js';
export { MessageSlots, type SlotSizes } from './message-slots.js';
export { openDatagrams, type DatagramOptions } from './open.js';

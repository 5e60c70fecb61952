import protobuf from 'protobufjs/light.js';
import { descriptor } from './generated/descriptor.js';

const root = protobuf.Root.fromJSON(descriptor);

/** The reflected message type `name`, with its package: `hbb.RendezvousMessage`. */
export function messageType(name: string): protobuf.Type {
  return root.lookupType(name);
}

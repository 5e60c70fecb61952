import { encodeMessage, mangleAddress, messageNames, type MessageName } from '@waystation/wire';

const LONGEST_BYTES = 400;

/** Plausible content for every field that some message has; messages take what they know. */
const CONTENT = {
  id: '123456789',
  uuid: Buffer.from('machine-1'),
  pk: Buffer.alloc(32, 7),
  oldId: '987654321',
  serial: 3,
  natType: 1,
  licenceKey: 'a key',
  token: 'a token',
  version: '1.4.9',
  relayServer: 'relay.example.org:21117',
  socketAddr: mangleAddress({ ip: '192.0.2.1', port: 4711 }, 305_419_896),
  localAddr: mangleAddress({ ip: '192.168.1.2', port: 4712 }, 1),
  socketAddrV6: Buffer.alloc(18, 0x20),
  peers: ['123456789', '987654321'],
  keys: [Buffer.alloc(32, 1), Buffer.alloc(48, 2)],
};

/** Frames of garbage, the same ones for the same seed: random bytes and real messages with wounds. */
export class FrameSource {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** The next frame, 0 to a few hundred bytes. */
  next(): Buffer {
    if (this.below(4) === 0) return this.noise();
    const name = messageNames[this.below(messageNames.length)] ?? 'registerPeer';
    const frame = Buffer.from(this.message(name));
    return this.wound(frame);
  }

  /** A whole number from 0 to `limit` - 1; mulberry32, which is small and good enough for this. */
  private below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  private noise(): Buffer {
    return Buffer.from(Array.from({ length: this.below(LONGEST_BYTES) }, () => this.below(256)));
  }

  private message(name: MessageName): Buffer {
    const uuid = name === 'requestRelay' || name === 'relayResponse' ? 'a-uuid' : CONTENT.uuid;
    return encodeMessage(name, { ...CONTENT, uuid } as Parameters<typeof encodeMessage>[1]);
  }

  /** Changes, cuts, doubles or lengthens; one time in five the message stays whole. */
  private wound(frame: Buffer): Buffer {
    switch (this.below(5)) {
      case 0:
        return frame;
      case 1:
        return frame.subarray(0, this.below(frame.length + 1));
      case 2:
        return Buffer.concat([frame, this.noise()]);
      case 3:
        return Buffer.concat([frame, frame.subarray(this.below(frame.length))]);
      default:
        for (let i = 0; i <= this.below(8); i++) frame[this.below(frame.length)] = this.below(256);
        return frame;
    }
  }
}

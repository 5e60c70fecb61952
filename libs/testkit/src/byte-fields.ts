// Enough protobuf for the three end-to-end messages that servers never look into: numbered byte strings,
// numbers below 16. Keeping it here means the test client checks the server's encoder with another one.

const LENGTH_DELIMITED = 2;

/** Encodes numbered byte strings; absent ones are left out. */
export function encodeByteFields(fields: Readonly<Record<number, Uint8Array>>): Buffer {
  const parts = Object.entries(fields).map(([number, bytes]) =>
    Buffer.concat([
      Buffer.from([Number(number) * 8 + LENGTH_DELIMITED]),
      varint(bytes.length),
      bytes,
    ]),
  );
  return Buffer.concat(parts);
}

/** Decodes numbered byte strings. Throws RangeError on anything else. */
export function decodeByteFields(bytes: Buffer): Map<number, Buffer> {
  const fields = new Map<number, Buffer>();
  let at = 0;
  const readVarint = (): number => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes.readUInt8(at++);
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = readVarint();
    if (tag % 8 !== LENGTH_DELIMITED) throw new RangeError('not a byte string');
    const length = readVarint();
    if (at + length > bytes.length) throw new RangeError('cut short');
    fields.set(Math.floor(tag / 8), bytes.subarray(at, at + length));
    at += length;
  }
  return fields;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

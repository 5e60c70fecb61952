import { Buffer } from 'node:buffer';
import protobuf from 'protobufjs/light.js';
import { WireError } from './wire-error.js';

/** A message as a plain object: fields by camelCase name, unknown fields under a symbol. */
export type Fields = Record<string | symbol, unknown>;

/**
 * Where a decoded message keeps the raw bytes of fields that our schema does not know. Enumerable, so
 * that `{ ...value, socketAddr }` passes them on; to leave them behind, name the wanted fields one by one.
 */
export const unknownFields: unique symbol = Symbol('unknownFields');

const noBytes = Buffer.alloc(0);

interface FieldPlan {
  readonly name: string;
  readonly repeated: boolean;
  /** Value of a singular field that was not on the wire. */
  readonly absent: unknown;
  readonly fromWire: (value: unknown) => unknown;
  readonly toWire: (value: unknown) => unknown;
}

/**
 * Fields in one message, those of sub-messages and unknown ones included. A question about 6,000 peers
 * fills the 64 KiB that a client may send; without a bound, 4 MiB of empty fields become 2 million objects.
 */
const MAX_FIELDS = 16_384;

class BoundedReader extends protobuf.BufferReader {
  // Unlike the default of protobufjs: what a newer client adds has to survive being passed on.
  override discardUnknown = false;
  #left = MAX_FIELDS;

  override tag(): number {
    this.#left -= 1;
    if (this.#left < 0) throw new RangeError('too many fields');
    return super.tag();
  }
}

/** The set member of an envelope. */
export interface Member {
  readonly name: string;
  readonly value: unknown;
}

/** Converts one message type between plain objects and what protobufjs reads and writes. */
export class MessageShape {
  readonly #type: protobuf.Type;
  readonly #plans: readonly FieldPlan[];
  readonly #planOf: ReadonlyMap<unknown, FieldPlan>;

  constructor(type: protobuf.Type) {
    this.#type = type;
    this.#plans = type.fieldsArray.map((field) => planField(field.resolve()));
    this.#planOf = new Map(this.#plans.map((plan) => [plan.name, plan]));
  }

  /** Throws WireError('undecodable') for anything that is not an encoding of this type. */
  decode(bytes: Uint8Array): Fields {
    return this.toPlain(this.#read(bytes));
  }

  /**
   * Decodes an envelope: the member of its oneof `union` that came last, or undefined when that has
   * none we know. Cheaper than decode, which visits every possible member.
   */
  decodeMember(bytes: Uint8Array, union: string): Member | undefined {
    const message = this.#read(bytes) as Fields;
    const plan = this.#planOf.get(message[union]);
    return plan && { name: plan.name, value: plan.fromWire(message[plan.name]) };
  }

  encode(value: object): Buffer {
    return this.#write(this.toMessage(value));
  }

  /** Encodes an envelope with this one member. */
  encodeMember(name: string, value: object): Buffer {
    const plan = this.#planOf.get(name);
    if (plan === undefined) throw new RangeError(`${this.#type.name} has no member ${name}`);
    return this.#write({ [name]: plan.toWire(value) });
  }

  toPlain(message: object): Fields {
    const source = message as Fields;
    const plain: Fields = {};
    for (const plan of this.#plans) plain[plan.name] = plainField(plan, source);
    if (source['$unknowns'] !== undefined) plain[unknownFields] = source['$unknowns'];
    return plain;
  }

  toMessage(value: object): Fields {
    const source = value as Fields;
    const message: Fields = {};
    for (const plan of this.#plans) {
      const field = source[plan.name];
      if (field !== undefined) message[plan.name] = messageField(plan, field);
    }
    if (source[unknownFields] !== undefined) message['$unknowns'] = source[unknownFields];
    return message;
  }
  #write(message: Fields): Buffer {
    return asBuffer(this.#type.encode(message).finish());
  }

  #read(bytes: Uint8Array): object {
    const reader = new BoundedReader(asBuffer(bytes));
    try {
      return this.#type.decode(reader);
    } catch (cause) {
      throw new WireError('undecodable', `not a ${this.#type.name}`, { cause });
    }
  }
}

/** A view of the same memory. */
export function asBuffer(bytes: Uint8Array): Buffer {
  if (Buffer.isBuffer(bytes)) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function plainField(plan: FieldPlan, source: Fields): unknown {
  const present = Object.hasOwn(source, plan.name);
  if (!plan.repeated) return present ? plan.fromWire(source[plan.name]) : plan.absent;
  const list = source[plan.name];
  return present && Array.isArray(list) ? list.map(plan.fromWire) : [];
}

function messageField(plan: FieldPlan, field: unknown): unknown {
  return plan.repeated && Array.isArray(field) ? field.map(plan.toWire) : plan.toWire(field);
}

function planField(field: protobuf.Field): FieldPlan {
  const { name, repeated } = field;
  if (field.resolvedType instanceof protobuf.Type) {
    const shape = new MessageShape(field.resolvedType);
    const fromWire = (value: unknown) => shape.toPlain(value as object);
    const toWire = (value: unknown) => shape.toMessage(value as object);
    return { name, repeated, absent: undefined, fromWire, toWire };
  }
  const scalar = scalars[field.type] ?? number;
  return { name, repeated, ...scalar, absent: field.partOf ? undefined : scalar.absent };
}

type Scalar = Pick<FieldPlan, 'absent' | 'fromWire' | 'toWire'>;

function same(value: unknown): unknown {
  return value;
}

/** 64 bits as protobufjs writes them. */
function wordsOf(value: unknown): { low: number; high: number; unsigned: true } {
  const bits = BigInt(value as bigint);
  const low = Number(BigInt.asIntN(32, bits));
  return { low, high: Number(BigInt.asIntN(32, bits >> 32n)), unsigned: true };
}

function bigintOf(value: unknown): bigint {
  if (typeof value === 'number') return BigInt(value);
  const { low, high } = value as { low: number; high: number };
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

/** For fields of our own that stay below 2^53. */
function numberOf(value: unknown): number {
  return Number(BigInt.asIntN(64, bigintOf(value)));
}

/** Half a surrogate pair has no UTF-8 form; strict readers would reject the whole message. */
function wellFormed(value: unknown): string {
  return String(value).toWellFormed();
}

const number: Scalar = { absent: 0, fromWire: same, toWire: same };

const scalars: Readonly<Record<string, Scalar>> = {
  string: { absent: '', fromWire: same, toWire: wellFormed },
  bytes: { absent: noBytes, fromWire: (value) => asBuffer(value as Uint8Array), toWire: same },
  bool: { absent: false, fromWire: same, toWire: same },
  uint64: { absent: 0n, fromWire: bigintOf, toWire: wordsOf },
  int64: { absent: 0, fromWire: numberOf, toWire: same },
};

import type { Redis } from 'ioredis';
import { keys } from './keys.js';
import { answers } from './redis.js';

/** The field that says which state of the accounts database the rest is. */
const REVISION = 'revision';
/** Bits for a caller without a login. */
const NOT_LOGGED = 'not-logged';
/** Bits for a caller whose user has no role of his own. */
const DEFAULT = 'default';
/** The wire's uint64 in decimal. */
const BITS = /^\d{1,20}$/;
/** Fields that are written in one go. */
const PORTION = 1000;

/** What callees are told to allow each caller: bitmaps of ControlPermissions, 0 for nothing to tell. */
export interface RoleBits {
  /** Of the accounts database; empty while nothing is published. */
  readonly revision: string;
  readonly notLogged: bigint;
  readonly default: bigint;
  /** By guid, users with a role of their own, a disabled one (0) too. */
  readonly users: ReadonlyMap<string, bigint>;
}

/** The control roles as the api tells the rendezvous. Everything rejects when Redis cannot be asked. */
export class ControlRoles {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** Which state is published; empty when nothing is. */
  async revision(): Promise<string> {
    return (await this.#redis.hget(keys.controlRoles, REVISION)) ?? '';
  }

  /** All of it, as it stood at one moment. */
  async read(): Promise<RoleBits> {
    const { revision, ...bits } = await this.#redis.hgetall(keys.controlRoles);
    const { [NOT_LOGGED]: notLogged, [DEFAULT]: otherwise, ...users } = bits;
    return {
      revision: revision ?? '',
      notLogged: bitsOf(notLogged),
      default: bitsOf(otherwise),
      users: new Map(Object.entries(users).map(([guid, text]) => [guid, bitsOf(text)])),
    };
  }

  /** For the api: replaces everything at once, so that nobody ever reads half of it. */
  async publish(roles: RoleBits): Promise<void> {
    const fields = [
      [REVISION, roles.revision],
      [NOT_LOGGED, String(roles.notLogged)],
      [DEFAULT, String(roles.default)],
      ...[...roles.users].map(([guid, bits]) => [guid, String(bits)]),
    ];
    const transaction = this.#redis.multi().del(keys.controlRoles);
    for (let at = 0; at < fields.length; at += PORTION) {
      transaction.hset(keys.controlRoles, ...fields.slice(at, at + PORTION).flat());
    }
    await answers(transaction);
  }
}

function bitsOf(text: string | undefined): bigint {
  return text !== undefined && BITS.test(text) ? BigInt.asUintN(64, BigInt(text)) : 0n;
}

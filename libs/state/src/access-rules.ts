import type { Redis } from 'ioredis';
import { keys } from './keys.js';
import { answers } from './redis.js';

/** What a user may reach, besides what is his own; guids of the accounts database. */
export interface UserAccess {
  /** Everything: an administrator, where the operator wants it so. */
  readonly all: boolean;
  /** User groups whose members' devices he may reach, his own group among them. */
  readonly userGroups: readonly string[];
  readonly deviceGroups: readonly string[];
}

/** Whose a device is; nothing is published of a device without owner and group. */
export interface DeviceAccess {
  /** Guid of its owner, and of the owner's group; empty without. */
  readonly owner: string;
  readonly ownerGroup: string;
  /** The owner is shut out, and his devices with him. */
  readonly isOut: boolean;
  /** Guid of its device group; empty without. */
  readonly group: string;
}

/** Everything that decides about one caller and one callee. */
export interface AccessFacts {
  /** Whether everybody may reach a device without owner and group. */
  readonly unassigned: boolean;
  readonly device: DeviceAccess | undefined;
  /** Undefined for a caller who is not logged in, and for one of whom nothing is known. */
  readonly user: UserAccess | undefined;
}

/** Whether a user (his guid, empty for nobody) may connect to a device: the decision of api 4.5. */
export function mayConnect(userGuid: string, { unassigned, device, user }: AccessFacts): boolean {
  if (device === undefined) return unassigned || user?.all === true;
  if (device.isOut) return false;
  if (user === undefined) return false;
  return (
    user.all ||
    device.owner === userGuid ||
    (device.ownerGroup !== '' && user.userGroups.includes(device.ownerGroup)) ||
    (device.group !== '' && user.deviceGroups.includes(device.group))
  );
}

/** The owner of a device is shut out: nothing opens it, a switch grant neither (api 4.5). */
export function isShutOut({ device }: AccessFacts): boolean {
  return device?.isOut === true;
}

/** Both lists as the api wants them to stand, and the revision of the database that they are from. */
export interface AccessSnapshot {
  readonly revision: string;
  readonly unassigned: boolean;
  readonly users: ReadonlyMap<string, UserAccess>;
  readonly devices: ReadonlyMap<string, DeviceAccess>;
}

/** The field of both lists that says which revision they are: no guid and no id is empty. */
const REVISION_FIELD = '';
/** Entries that are written in one go. */
const PORTION = 1000;

/** Who may reach what, as the api tells the rendezvous. Everything rejects when Redis cannot be asked. */
export class AccessRules {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** In one trip. Rejects as well while the api has told nothing: nobody knows who may do what. */
  async find(userGuid: string, id: string): Promise<AccessFacts> {
    const pipeline = this.#redis.pipeline();
    pipeline.hget(keys.accessPolicy, 'unassigned');
    pipeline.hmget(keys.accessDevices, REVISION_FIELD, id);
    pipeline.hmget(keys.accessUsers, REVISION_FIELD, userGuid === '' ? 'nobody' : userGuid);
    const [unassigned, devices, users] = (await answers(pipeline)) as [string, string[], string[]];
    const [[devicesAt, device], [usersAt, user]] = [devices, users];
    // A list that Redis has lost would make every device one without an owner.
    if ([unassigned, devicesAt, usersAt].some((told) => typeof told !== 'string')) {
      throw new Error('the api has not published access rules');
    }
    return {
      unassigned: unassigned === 'allow',
      device: typeof device === 'string' ? deviceOf(JSON.parse(device)) : undefined,
      user: typeof user === 'string' ? userOf(JSON.parse(user)) : undefined,
    };
  }

  /** For the api: what is published; empty when nothing is, or not all of it. */
  async revision(): Promise<string> {
    const pipeline = this.#redis.pipeline();
    pipeline.hget(keys.accessPolicy, 'revision');
    pipeline.hget(keys.accessDevices, REVISION_FIELD);
    pipeline.hget(keys.accessUsers, REVISION_FIELD);
    const [policy, ...lists] = await answers(pipeline);
    return typeof policy === 'string' && lists.every((list) => list === policy) ? policy : '';
  }

  /** For the api: makes both lists as they should be, and says last which revision they are. */
  async publish({ revision, unassigned, users, devices }: AccessSnapshot): Promise<void> {
    await this.#make(keys.accessUsers, users, revision);
    await this.#make(keys.accessDevices, devices, revision);
    const policy = { revision, unassigned: unassigned ? 'allow' : 'deny' };
    await this.#redis.hset(keys.accessPolicy, policy);
  }

  async #make(key: string, entries: ReadonlyMap<string, object>, revision: string): Promise<void> {
    const held = await this.#redis.hgetall(key);
    const gone = Object.keys(held).filter((name) => name !== REVISION_FIELD && !entries.has(name));
    const changed = [...entries]
      .map(([name, value]) => [name, JSON.stringify(value)] as const)
      .filter(([name, text]) => held[name] !== text);
    const pipeline = this.#redis.pipeline();
    for (let at = 0; at < gone.length; at += PORTION) {
      pipeline.hdel(key, ...gone.slice(at, at + PORTION));
    }
    for (let at = 0; at < changed.length; at += PORTION) {
      pipeline.hset(key, Object.fromEntries(changed.slice(at, at + PORTION)));
    }
    pipeline.hset(key, REVISION_FIELD, revision);
    await answers(pipeline);
  }
}

function userOf(value: unknown): UserAccess {
  const { all, userGroups, deviceGroups } = record(value);
  return { all: all === true, userGroups: texts(userGroups), deviceGroups: texts(deviceGroups) };
}

function deviceOf(value: unknown): DeviceAccess {
  const { owner, ownerGroup, isOut, group } = record(value);
  return {
    owner: text(owner),
    ownerGroup: text(ownerGroup),
    isOut: isOut === true,
    group: text(group),
  };
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}

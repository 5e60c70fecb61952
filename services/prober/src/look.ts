import { createHash, randomBytes } from 'node:crypto';
import { placeOf } from '@waystation/net';
import type { ProbeDevice, ServerKeyFacts } from '@waystation/state';
import { decodeIdPk, NatType, openSigned, PunchHoleFailure } from '@waystation/wire';
import { Callee, CLIENT_VERSION, joinRelay } from './callee.js';
import { ANSWER_MS, Conversation } from './conversation.js';
import { faultOf, StepFault, type LookResult, type StepName, type StepResult } from './steps.js';
import { addressOf, relaysOf, webSocketOf, type Target } from './target.js';
import { openPage, openWebSocket } from './web.js';

/** What a look needs to know of this server, and what it leaves behind there. */
export interface LookParts {
  readonly device: ProbeDevice;
  readonly facts: ServerKeyFacts;
  /** Lets the caller through where a login is demanded. */
  readonly token: string;
  /** Whether Redis knows the device as registered; undefined when it cannot be asked. */
  readonly isRegistered: () => Promise<boolean | undefined>;
}

const PROBE_BYTES = 1024;

/** One try of everything that a client does with a server, step by step. */
export class Look {
  private readonly results = new Map<StepName, StepResult>();
  private readonly open = new Set<{ close(): unknown }>();

  private constructor(
    private readonly target: Target,
    private readonly parts: LookParts,
  ) {}

  /** Never rejects: what goes wrong is in the result. */
  static async at(target: Target, parts: LookParts): Promise<LookResult> {
    const look = new Look(target, parts);
    try {
      await look.run();
    } finally {
      for (const one of look.open) await one.close();
    }
    return look.results;
  }

  private async run(): Promise<void> {
    const ip = await this.step('resolve', () => addressOf(this.target.host));
    if (ip === undefined) return;
    const [session] = await Promise.all([this.reach(ip), this.web(ip)]);
    if (session === undefined) return;
    const legs = await this.step('relay-pair', () => this.pair(session));
    if (legs !== undefined) await this.step('transfer', () => exchange(...legs));
  }

  /** To the point where caller and callee have agreed on a relay session. */
  private async reach(ip: string): Promise<Agreed | undefined> {
    const { main } = this.target.ports;
    const callee = this.keep(
      await Callee.open(this.parts.device, this.target, ip, this.parts.facts),
    );
    const registered = await this.step('udp-register', () => this.register(callee));
    const caller = await this.step('tcp', () => Conversation.open(ip, main));
    if (caller === undefined) return undefined;
    this.keep(caller);
    if (!(await this.secure(caller))) return undefined;
    await this.step('nat-test', () => natTest(ip, main));
    if (registered === undefined) return undefined;
    return this.step('punch', () => this.punch(caller, callee));
  }

  private async web(ip: string): Promise<void> {
    const main = { host: ip, port: this.target.ports.main };
    await this.step('ws-rendezvous', () => openWebSocket(webSocketOf(main)));
    await this.step('ws-relay', async () => {
      for (const relay of relaysOf(this.target)) await openWebSocket(webSocketOf(relay));
      return true;
    });
    const { ports, apiHost } = this.target;
    await this.step('http', async () => {
      const address = apiHost === undefined ? ip : await addressOf(apiHost);
      const host = address.includes(':') ? `[${address}]` : address;
      return openPage(`http://${host}:${ports.api}/healthz`);
    });
  }

  private async register(callee: Callee): Promise<true> {
    await callee.register();
    if ((await this.parts.isRegistered()) !== false) return true;
    throw new StepFault('foreign', 'a server took the registration, but it was not this one');
  }

  /** False when it was tried and failed; a server that cannot sign offers no secure TCP. */
  private async secure(caller: Conversation): Promise<boolean> {
    const { signs, publicKey } = this.parts.facts;
    if (!signs) return true;
    const done = await this.step('secure-tcp', async () => {
      await caller.secure(publicKey);
      return true as const;
    });
    return done === true;
  }

  /**
   * Asks for the device by way of the relay: both ends are on this machine, so a direct way would prove
   * nothing about anybody else's.
   */
  private async punch(caller: Conversation, callee: Callee): Promise<Agreed> {
    const { device, facts, token } = this.parts;
    const calleeLeg = callee.expect();
    // Looked at in `pair`; a fault before that is told by the caller's own answer.
    calleeLeg.catch(() => undefined);
    const { licenceKey } = facts;
    caller.tell('punchHoleRequest', {
      id: device.id,
      natType: NatType.SYMMETRIC,
      forceRelay: true,
      licenceKey,
      token,
      version: CLIENT_VERSION,
    });
    const answer = await relayAnswer(caller);
    if (facts.signs) verify(answer.pk, device, facts.publicKey);
    return { uuid: answer.uuid, relay: answer.relayServer, calleeLeg };
  }

  private async pair({
    uuid,
    relay,
    calleeLeg,
  }: Agreed): Promise<readonly [Conversation, Conversation]> {
    const { id } = this.parts.device;
    const { licenceKey } = this.parts.facts;
    const place = placeOf(relay, this.target.ports.main + 1);
    const mine = this.keep(await joinRelay(place, { uuid, licenceKey, id }));
    const theirs = this.keep(await inTime(calleeLeg));
    // As in a real session the callee speaks first; that its word arrives shows that the two are joined.
    theirs.send(Buffer.from('hello'));
    await mine.receive();
    return [mine, theirs];
  }

  /** Runs one step and notes how it went; undefined when it failed. */
  private async step<T>(name: StepName, work: () => Promise<T>): Promise<T | undefined> {
    const begun = performance.now();
    const note = (fault: StepFault | undefined): void => {
      this.results.set(name, { seconds: (performance.now() - begun) / 1000, fault });
    };
    try {
      const made = await work();
      note(undefined);
      return made;
    } catch (error) {
      note(faultOf(error));
      return undefined;
    }
  }

  private keep<C extends { close(): unknown }>(one: C): C {
    this.open.add(one);
    return one;
  }
}

interface Agreed {
  readonly uuid: string;
  readonly relay: string;
  readonly calleeLeg: Promise<Conversation>;
}

/** The source port as seen on p and p-1; what a client makes of the two is its own affair. */
async function natTest(ip: string, main: number): Promise<true> {
  for (const port of [main, main - 1]) {
    const conversation = await Conversation.open(ip, port);
    try {
      conversation.tell('testNatRequest', {});
      const answer = await conversation.hear('testNatResponse');
      if (answer.port === 0) throw new StepFault('broken', `TCP ${ip}:${port} tells no port`);
    } finally {
      conversation.close();
    }
  }
  return true;
}

async function relayAnswer(
  caller: Conversation,
): Promise<{ uuid: string; relayServer: string; pk: Buffer | undefined }> {
  const message = await caller.hearAny();
  if (message.name === 'relayResponse') {
    const { refuseReason } = message.value;
    if (refuseReason !== '') throw new StepFault('refused', refuseReason);
    return message.value;
  }
  if (message.name !== 'punchHoleResponse') {
    throw new StepFault('broken', `the call was answered with ${message.name}`);
  }
  const { otherFailure, failure } = message.value;
  throw new StepFault('refused', otherFailure === '' ? refusedWith(failure) : otherFailure);
}

function refusedWith(failure: number): string {
  const name = Object.entries(PunchHoleFailure).find(([, value]) => value === failure)?.[0];
  return `the call to the prober's own device was refused: ${name ?? failure}`;
}

function verify(blob: Buffer | undefined, device: ProbeDevice, serverKey: Uint8Array): void {
  const content = openSigned(blob ?? Buffer.alloc(0), serverKey);
  const shown = content === undefined ? undefined : decodeIdPk(content);
  if (shown?.id === device.id && device.pk.equals(shown.pk)) return;
  throw new StepFault('foreign', "the device's key is not signed by this server");
}

/** 1 KiB each way, compared by hash. */
async function exchange(mine: Conversation, theirs: Conversation): Promise<true> {
  await carry(mine, theirs);
  await carry(theirs, mine);
  return true;
}

async function carry(from: Conversation, to: Conversation): Promise<void> {
  const said = randomBytes(PROBE_BYTES);
  from.send(said);
  const heard = await to.receive();
  if (hashOf(heard) !== hashOf(said)) {
    throw new StepFault('broken', 'the relay delivered other bytes than it was given');
  }
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function inTime<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const fault = new StepFault('silent', 'the device did not come to the relay');
    timer = setTimeout(() => reject(fault), ANSWER_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

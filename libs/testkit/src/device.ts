import { randomUUID } from 'node:crypto';
import { NatType, type RendezvousMessage } from '@waystation/wire';
import { answerPush } from './device-answers.js';
import { CURRENT_VERSION, habitsOf, type ClientHabits } from './client-version.js';
import { newIdentity, randomReplacementId, type DeviceIdentity } from './identity.js';
import type { Leg } from './leg.js';
import { offerEncryption } from './peer-handshake.js';
import { Queue } from './queue.js';
import { VENDOR_KEY, type ServerAddress } from './server-address.js';
import type { Path, Session } from './session.js';
import { StreamRegistration } from './stream-registration.js';
import { UdpRegistration } from './udp-registration.js';
import { until } from './until.js';

/** Settings of a device that wants to be reachable. */
export interface DeviceOptions {
  readonly server: ServerAddress;
  /** Where its answers to pushes go; default `server`. Behind one address the kernel may pick any replica. */
  readonly answerServer?: ServerAddress;
  /** The server's public key as text, as in the client's settings; default none. */
  readonly key?: string;
  /** How it registers; default UDP. `tcp` is what disable-udp does, `ws` what allow-websocket does. */
  readonly transport?: 'udp' | 'tcp' | 'ws';
  readonly identity?: DeviceIdentity;
  /** Source address; on loopback every 127.x.y.z is one more "public" address. */
  readonly from?: string;
  readonly version?: string;
  readonly natType?: number;
  /** The device's own `relay-server` option. */
  readonly relayServer?: string;
  /** The private address it announces in LocalAddr instead of its real one; servers refuse loopback there. */
  readonly announceIp?: string;
  /** Its own IPv6 UDP endpoint, 18 bytes. */
  readonly socketAddressV6?: Uint8Array;
  /** Milliseconds between two registrations; default what the version does. */
  readonly heartbeatMs?: number;
  /** Built not to appear in the device list. */
  readonly noRegisterDevice?: boolean;
  /** True keeps it from answering pushes; they are recorded all the same. */
  readonly mute?: boolean;
  /** More headers of its WebSocket upgrades. */
  readonly headers?: Record<string, string>;
  /** Hears in words what the device does. */
  readonly narrate?: (line: string) => void;
}

/** The two ways a device stays known to the server. */
export interface Registration {
  /** Starts to register and keeps doing so. */
  start(): Promise<void>;
  /** Stops; the server is not told. */
  stop(): void;
  /** Registers anew at once. */
  refresh(): void;
}

/** A RustDesk client that waits to be controlled. */
export class Device {
  readonly habits: ClientHabits;
  readonly version: string;
  readonly key: string;
  /** Pushes from the server, in order of arrival, duplicates included. */
  readonly pushes: RendezvousMessage[] = [];
  /** Results of RegisterPk in order of arrival. */
  readonly results: number[] = [];
  /** Answers to RegisterPeer: whether the server asked for the key. */
  readonly heartbeatAnswers: boolean[] = [];
  /** What went wrong in its own answers; a test may look here when a session does not come. */
  readonly faults: Error[] = [];
  /** What has to be closed when it stops: listeners that wait for a caller. */
  readonly closers = new Set<() => void>();
  private readonly sessions = new Queue<Session>();
  private readonly legs = new Set<Leg>();
  private readonly lastPush = new Map<string, number>();
  private self: DeviceIdentity;
  private registration: Registration;
  private confirmed = false;

  constructor(readonly options: DeviceOptions) {
    this.self = options.identity ?? newIdentity();
    this.version = options.version ?? CURRENT_VERSION;
    this.habits = habitsOf(this.version);
    this.key = options.key ?? '';
    const Kind = (options.transport ?? 'udp') === 'udp' ? UdpRegistration : StreamRegistration;
    this.registration = new Kind(this);
  }

  /** Who it is now; the id changes when the server says it belongs to someone else. */
  get identity(): DeviceIdentity {
    return this.self;
  }

  /** Its id now. */
  get id(): string {
    return this.self.id;
  }

  /** True once the server accepted its key. */
  get keyConfirmed(): boolean {
    return this.confirmed;
  }

  /** NAT type it tells; devices over WebSocket always count as symmetric. */
  get natType(): number {
    if (this.options.transport === 'ws') return NatType.SYMMETRIC;
    return this.options.natType ?? NatType.ASYMMETRIC;
  }

  /** What it puts into a relay join. */
  get licenceKey(): string {
    if (!this.habits.knowsKeys) return '';
    return this.key === '' ? VENDOR_KEY : this.key;
  }

  /** Starts to register; returns when the server accepted it. */
  async start(timeoutMs = 20_000): Promise<this> {
    await this.registration.start();
    await until(() => this.confirmed, { timeoutMs, what: `registration of ${this.id}` });
    return this;
  }

  /** Starts to register without waiting for success. */
  async begin(): Promise<this> {
    await this.registration.start();
    return this;
  }

  /** Leaves without a word, like a computer that loses power: no session and no socket stays. */
  stop(): void {
    this.registration.stop();
    for (const close of this.closers) close();
    for (const leg of this.legs) leg.abort();
    this.legs.clear();
  }

  /** Registers anew now, as after a network change. */
  refresh(): void {
    this.registration.refresh();
  }

  /** The next session that a caller opened. */
  session(timeoutMs = 20_000): Promise<Session> {
    return this.sessions.take(timeoutMs, `session of device ${this.id}`);
  }

  /** A message from the server on the registration channel. */
  onPush(message: RendezvousMessage): void {
    switch (message.name) {
      case 'registerPkResponse':
        this.onResult(message.value.result);
        return;
      case 'registerPeerResponse':
        this.heartbeatAnswers.push(message.value.requestPk);
        if (message.value.requestPk) this.confirmed = false;
        return;
      default:
        this.pushes.push(message);
        if (this.options.mute !== true) this.answer(message);
    }
  }

  /** Takes a connection to a caller through the handshake and offers it as a session. */
  async welcome(
    leg: Leg,
    path: Path,
    how: { uuid?: string; relayServer?: string; secure: boolean },
  ): Promise<void> {
    this.legs.add(leg);
    const encrypted = how.secure && (await offerEncryption(leg, this.self, 30_000));
    const { uuid = '', relayServer = '' } = how;
    this.say(`a caller is here, ${path}, ${encrypted ? 'encrypted' : 'in plain text'}`);
    this.sessions.push({ leg, path, encrypted, uuid, relayServer });
  }

  /** Notes what went wrong while it served a caller. */
  fault(error: unknown): void {
    const fault = error instanceof Error ? error : new Error(String(error));
    this.faults.push(fault);
    this.say(`could not serve a caller: ${fault.message}`);
  }

  /** Tells the narrator. */
  say(line: string): void {
    this.options.narrate?.(`device ${this.id}: ${line}`);
  }

  /** A new uuid for a relayed session. */
  newUuid(): string {
    return randomUUID();
  }

  private onResult(result: number): void {
    this.results.push(result);
    this.confirmed = result === 0;
    this.say(
      result === 0 ? 'the server accepted my key' : `the server refused my key: ${String(result)}`,
    );
    // Result 2 says that the id belongs to another machine: a client takes a new one at once (protocol 6.2).
    if (result !== 2) return;
    this.self = { ...this.self, id: randomReplacementId() };
    this.registration.refresh();
  }

  private answer(message: RendezvousMessage): void {
    if (this.isDuplicate(message)) return;
    answerPush(this, message).catch((error: unknown) => {
      this.fault(error);
    });
  }

  /** PunchHole and FetchLocalAddr share one memory, RequestRelay has another (protocol 1.4). */
  private isDuplicate(message: RendezvousMessage): boolean {
    if (!this.habits.filtersDuplicates || !('socketAddr' in message.value)) return false;
    const slot = message.name === 'requestRelay' ? 'relay' : 'punch';
    const key = `${slot} ${Buffer.from(message.value.socketAddr).toString('hex')}`;
    const now = performance.now();
    const before = this.lastPush.get(key);
    this.lastPush.set(key, now);
    return before !== undefined && now - before < 100;
  }
}

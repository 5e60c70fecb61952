import { randomUUID } from 'node:crypto';
import { demangleDestination, NatType, type Messages, type SocketAddress } from '@waystation/wire';
import { CallFailed } from './call-failed.js';
import { CURRENT_VERSION, habitsOf, type ClientHabits } from './client-version.js';
import { tell } from './conversation.js';
import { CLIENT_TIMEOUT_MS, type Leg, type Transport } from './leg.js';
import { acceptEncryption, openSignedPeer, type SignedPeer } from './peer-handshake.js';
import { hearAnswer, refusal, type PunchAnswer } from './punch-answer.js';
import { joinRelay } from './relay-join.js';
import { secureTcp, SignatureMismatch } from './secure-tcp.js';
import { dial, VENDOR_KEY, type ServerAddress } from './server-address.js';
import type { CallerSession, Path } from './session.js';
import { dialTcp } from './tcp-leg.js';
import { UdpPunch } from './udp-punch.js';

/** Settings of a client that controls others. */
export interface CallerOptions {
  readonly server: ServerAddress;
  /** The server's public key as text, as in the client's settings; default none. */
  readonly key?: string;
  readonly transport?: Transport;
  /** Source address; on loopback every 127.x.y.z is one more "public" address. */
  readonly from?: string;
  readonly version?: string;
  /** API access token: a logged-in client, which wants secure TCP (protocol 5.6). */
  readonly token?: string;
  readonly natType?: number;
  readonly forceRelay?: boolean;
  readonly udpPort?: number;
  /** Asks the server for its own UDP port first, and meets a device that answers by UDP there. */
  readonly udpPunch?: boolean;
  /** Its own IPv6 UDP endpoint, 18 bytes. */
  readonly socketAddressV6?: Uint8Array;
  /** Where an announced address is really found: stands for the network between two test clients. */
  readonly route?: (address: SocketAddress) => SocketAddress;
  /** False goes on in plain text though the callee could prove itself. */
  readonly encrypt?: boolean;
  /** Milliseconds to wait for the answers to the three punch requests; default what the version does. */
  readonly punchWaitsMs?: readonly number[];
  readonly headers?: Record<string, string>;
  /** Hears in words what the caller does. */
  readonly narrate?: (line: string) => void;
}

/** A RustDesk client that controls others. */
export class Caller {
  readonly habits: ClientHabits;
  readonly version: string;
  readonly transport: Transport;
  private readonly legs = new Set<Leg>();
  private udp: UdpPunch | undefined;
  /** As the server sees it; 0 without UDP punching. */
  private udpPort = 0;

  constructor(readonly options: CallerOptions) {
    this.version = options.version ?? CURRENT_VERSION;
    this.habits = habitsOf(this.version);
    this.transport = options.transport ?? 'tcp';
  }

  /** What it puts into punch requests and relay joins; clients without a configured key send the vendor's. */
  get licenceKey(): string {
    if (!this.habits.knowsKeys) return '';
    const key = this.options.key ?? '';
    return key === '' ? VENDOR_KEY : key;
  }

  /** The whole way to a session, fall-back included. Rejects with CallFailed. */
  async connect(id: string): Promise<CallerSession> {
    if (this.options.udpPunch === true) await this.openUdp();
    const leg = await this.openSignalling();
    try {
      const answer = await this.punch(leg, id);
      return answer.name === 'relayResponse'
        ? await this.joinNamedRelay(id, answer.value)
        : await this.meet(id, answer.value, leg);
    } finally {
      leg.close();
    }
  }

  /** A connection to the rendezvous, secured when this client is logged in. */
  async openSignalling(): Promise<Leg> {
    const leg = this.keep(await dial(this.transport, { ...this.options.server, ...this.source() }));
    if (this.transport === 'ws' || (this.options.token ?? '') === '') return leg;
    try {
      const secured = await secureTcp(leg, Buffer.from(this.licenceKey, 'base64'));
      this.say(secured ? 'the way to the server is encrypted' : 'the server offered no encryption');
    } catch (error) {
      const fatal = this.habits.secureTcpIsFatal || error instanceof SignatureMismatch;
      if (fatal)
        throw new CallFailed('no-secure-tcp', `Failed to secure tcp: ${String(error)}`, {
          cause: error,
        });
    }
    return leg;
  }

  /** Asks for `id` up to three times on one connection. Rejects with CallFailed on every refusal. */
  async punch(leg: Leg, id: string): Promise<PunchAnswer> {
    for (const waitMs of this.options.punchWaitsMs ?? this.habits.punchWaitsMs) {
      await tell(leg, 'punchHoleRequest', this.punchRequest(id));
      const answer = await hearAnswer(leg, waitMs, this.habits.knowsKeys);
      if (answer === 'silence') continue;
      if (answer === 'ended') break;
      const refused = refusal(answer);
      if (refused) throw refused;
      return answer;
    }
    throw new CallFailed('no-answer', 'Failed to connect via rendezvous server');
  }

  /** The request it sends for `id`. */
  punchRequest(id: string): Partial<Messages['punchHoleRequest']> {
    const { token, udpPort = this.udpPort, forceRelay = false, socketAddressV6 } = this.options;
    return {
      id,
      natType: this.natType,
      forceRelay,
      udpPort,
      ...(this.habits.knowsKeys ? { licenceKey: this.licenceKey, token: token ?? '' } : {}),
      ...(this.habits.tellsVersion ? { version: this.version } : {}),
      ...(socketAddressV6 ? { socketAddrV6: Buffer.from(socketAddressV6) } : {}),
    };
  }

  /** NAT type it tells: symmetric when the user forces the relay or it runs over WebSocket. */
  get natType(): number {
    if (this.options.forceRelay === true || this.transport === 'ws') return NatType.SYMMETRIC;
    return this.options.natType ?? NatType.ASYMMETRIC;
  }

  /**
   * Asks the server to send `id` to `relayServer` and goes there: up to three attempts, each with a new
   * connection and a new uuid. Rejects with CallFailed.
   */
  async viaRelay(
    id: string,
    relayServer: string,
    peer: SignedPeer | undefined,
  ): Promise<CallerSession> {
    for (let attempt = 1; attempt <= 3; attempt++) {
      const uuid = randomUUID();
      if (!(await this.requestRelay(id, uuid, relayServer, peer !== undefined))) continue;
      return this.enter({ id, uuid, relayServer, peer, secure: peer !== undefined });
    }
    throw new CallFailed('no-answer', 'no answer to the request for a relay');
  }

  /** Ends everything it opened. */
  stop(): void {
    this.udp?.close();
    for (const leg of this.legs) leg.abort();
    this.legs.clear();
  }

  private async meet(
    id: string,
    answer: Messages['punchHoleResponse'],
    signalling: Leg,
  ): Promise<CallerSession> {
    const peer = this.verify(id, answer.pk);
    const path: Path = answer.isLocal ? 'lan' : answer.isUdp ? 'udp' : 'direct';
    try {
      const leg = await this.dialPeer(answer, signalling, path);
      return await this.begin(leg, { path, peer, secure: true, relayServer: '', uuid: '' });
    } catch (error) {
      this.say(`no direct way: ${String(error)}`);
      if (answer.relayServer === '') {
        throw new CallFailed('unreachable', 'no direct way and no relay named', { cause: error });
      }
    }
    return this.viaRelay(id, answer.relayServer, peer);
  }

  private async openUdp(): Promise<void> {
    this.udp = await UdpPunch.open(this.options.from);
    this.udpPort = await this.udp.observedPort(this.options.server);
    this.say(`the server sees my UDP port as ${String(this.udpPort)}`);
  }

  private async dialPeer(
    answer: Messages['punchHoleResponse'],
    signalling: Leg,
    path: Path,
  ): Promise<Leg> {
    const address = demangleDestination(answer.socketAddr);
    if (!address) throw new Error('the answer holds no usable address');
    if (path === 'udp' && this.udp) {
      return this.keep(await this.udp.meet(address, CLIENT_TIMEOUT_MS));
    }
    const { ip: host, port } = (this.options.route ?? ((same) => same))(address);
    const hard =
      path === 'lan' || this.natType === NatType.SYMMETRIC || answer.natType === NatType.SYMMETRIC;
    this.say(`the device should be at ${host}:${String(port)} (${path})`);
    const timeoutMs = hard ? 1_000 : CLIENT_TIMEOUT_MS;
    // From the port the server saw: that is where the callee's NAT expects us.
    const from = { from: signalling.local.ip, fromPort: signalling.local.port };
    return this.keep(await dialTcp({ host, port, timeoutMs, ...from }));
  }

  private async joinNamedRelay(
    id: string,
    answer: Messages['relayResponse'],
  ): Promise<CallerSession> {
    const { uuid, relayServer } = answer;
    this.say(`the device chose relay ${relayServer}`);
    return this.enter({
      id,
      uuid,
      relayServer,
      peer: this.verify(id, answer.pk ?? Buffer.alloc(0)),
      secure: true,
    });
  }

  private async requestRelay(
    id: string,
    uuid: string,
    relayServer: string,
    secure: boolean,
  ): Promise<boolean> {
    const leg = await this.openSignalling();
    try {
      const token = this.options.token ?? '';
      await tell(leg, 'requestRelay', { id, uuid, relayServer, secure, token });
      const answer = await hearAnswer(leg, CLIENT_TIMEOUT_MS, this.habits.knowsKeys);
      if (answer === 'silence' || answer === 'ended' || answer.name !== 'relayResponse')
        return false;
      if (answer.value.refuseReason === '') return true;
      throw new CallFailed('refused', answer.value.refuseReason);
    } finally {
      leg.close();
    }
  }

  private async enter(way: {
    id: string;
    uuid: string;
    relayServer: string;
    peer: SignedPeer | undefined;
    secure: boolean;
  }): Promise<CallerSession> {
    const leg = await joinRelay({
      ...way,
      licenceKey: this.licenceKey,
      transport: this.transport,
      from: this.options.from,
      headers: this.options.headers,
    });
    return this.begin(this.keep(leg), { path: 'relay', ...way });
  }

  private async begin(
    leg: Leg,
    how: {
      path: Path;
      peer: SignedPeer | undefined;
      secure: boolean;
      relayServer: string;
      uuid: string;
    },
  ): Promise<CallerSession> {
    const { path, peer, relayServer, uuid, secure } = how;
    const wanted = this.options.encrypt === false ? undefined : peer;
    const encrypted = secure && (await acceptEncryption(leg, wanted));
    this.say(`connected: ${path}, ${encrypted ? 'encrypted' : 'in plain text'}`);
    return { leg, path, encrypted, verified: peer !== undefined, relayServer, uuid };
  }

  /** What the server signed, if it holds under the configured key and names the id that was asked for. */
  private verify(id: string, blob: Uint8Array): SignedPeer | undefined {
    const peer = openSignedPeer(blob, Buffer.from(this.licenceKey, 'base64'));
    if (peer?.id === id) return peer;
    this.say("the server did not prove the device's key: not encrypted");
    return undefined;
  }

  private source(): { from?: string; headers?: Record<string, string> } {
    const { from, headers } = this.options;
    return { ...(from === undefined ? {} : { from }), ...(headers ? { headers } : {}) };
  }

  private keep<L extends Leg>(leg: L): L {
    this.legs.add(leg);
    return leg;
  }

  private say(line: string): void {
    this.options.narrate?.(`caller: ${line}`);
  }
}

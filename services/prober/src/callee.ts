import type { ProbeDevice, ServerKeyFacts } from '@waystation/state';
import type { Messages } from '@waystation/wire';
import { placeOf, type Place } from '@waystation/net';
import { randomUUID } from 'node:crypto';
import { Conversation } from './conversation.js';
import { DeviceSocket } from './datagrams.js';
import { StepFault } from './steps.js';
import { relaysOf, type Target } from './target.js';

/** The client release that the prober plays: clients that tell none get no signed key (protocol 5.4). */
export const CLIENT_VERSION = '1.4.9';

/** The callee's end of a session: its leg at the relay, once a caller has asked for it. */
export type CalleeLeg = Promise<Conversation>;

/** The prober's device: registers by UDP and follows a caller to the relay, as clients do (protocol 6.10). */
export class Callee {
  private constructor(
    private readonly device: ProbeDevice,
    private readonly target: Target,
    private readonly ip: string,
    private readonly facts: ServerKeyFacts,
    private readonly socket: DeviceSocket,
  ) {}

  static async open(
    device: ProbeDevice,
    target: Target,
    ip: string,
    facts: ServerKeyFacts,
  ): Promise<Callee> {
    const socket = await DeviceSocket.open(device, ip, target.ports.main);
    return new Callee(device, target, ip, facts, socket);
  }

  /** Throws StepFault. */
  register(): Promise<void> {
    return this.socket.register();
  }

  /** Answers the next push; the promise is the leg that it opens for it. */
  expect(): CalleeLeg {
    return new Promise((resolve, reject) => {
      let answered = false;
      this.socket.onPush((message) => {
        if (message.name !== 'punchHole' || answered) return;
        answered = true;
        this.follow(message.value).then(resolve, reject);
      });
    });
  }

  async close(): Promise<void> {
    await this.socket.close();
  }

  private async follow(push: Messages['punchHole']): Promise<Conversation> {
    const uuid = randomUUID();
    const relay = this.relayFor(push.relayServer);
    const { host, port } = relay;
    const signalling = await Conversation.open(this.ip, this.target.ports.main);
    signalling.tell('relayResponse', {
      socketAddr: push.socketAddr,
      uuid,
      relayServer: `${host.includes(':') ? `[${host}]` : host}:${port}`,
      id: this.device.id,
      version: CLIENT_VERSION,
    });
    try {
      return await joinRelay(relay, { uuid, licenceKey: this.facts.licenceKey });
    } finally {
      signalling.close();
    }
  }

  /** What was pushed, else one port above the server's main one; inside, the relay of this stack. */
  private relayFor(pushed: string): Place {
    const { ownRelays, ports } = this.target;
    const [first] = relaysOf(this.target);
    if (first === undefined) throw new StepFault('broken', 'there is no relay to go to');
    return ownRelays || pushed === '' ? first : placeOf(pushed, ports.main + 1);
  }
}

/** Connects to a relay and says which session it wants; the relay itself never answers. */
export async function joinRelay(
  { host, port }: Place,
  join: { readonly uuid: string; readonly licenceKey: string; readonly id?: string },
): Promise<Conversation> {
  const leg = await Conversation.open(host, port);
  leg.tell('requestRelay', join);
  return leg;
}

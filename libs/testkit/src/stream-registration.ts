import { setTimeout as sleep } from 'node:timers/promises';
import { hear, tell } from './conversation.js';
import type { Device, Registration } from './device.js';
import { NothingCame } from './inbox.js';
import type { Leg } from './leg.js';
import { secureTcp } from './secure-tcp.js';
import { dial } from './server-address.js';

// Used until the server names a keep-alive of its own (protocol 1.4).
const DEFAULT_KEEP_ALIVE_MS = 60_000;
const EMPTY = Buffer.alloc(0);

/** A device that registers on one long connection: TCP with a secure channel, or WebSocket. */
export class StreamRegistration implements Registration {
  private leg: Leg | undefined;
  private stopped = false;
  private keepAliveMs = DEFAULT_KEEP_ALIVE_MS;

  constructor(private readonly device: Device) {}

  async start(): Promise<void> {
    const leg = await this.open();
    this.follow(leg).catch((error: unknown) => {
      this.device.fault(error);
    });
  }

  stop(): void {
    this.stopped = true;
    this.leg?.abort();
  }

  refresh(): void {
    if (this.leg) void this.claim(this.leg);
  }

  private async open(): Promise<Leg> {
    const { server, from, headers, transport } = this.device.options;
    const kind = transport === 'ws' ? 'ws' : 'tcp';
    const source = { ...(from === undefined ? {} : { from }), ...(headers ? { headers } : {}) };
    const leg = await dial(kind, { ...server, ...source });
    this.leg = leg;
    if (kind === 'tcp' && !(await secureTcp(leg, Buffer.from(this.device.key, 'base64')))) {
      this.device.say('the server offered no secure channel, I go on without');
    }
    await this.claim(leg);
    return leg;
  }

  private claim(leg: Leg): Promise<void> {
    const { id, uuid, publicKey } = this.device.identity;
    const noRegisterDevice = this.device.options.noRegisterDevice ?? false;
    return tell(leg, 'registerPk', { id, uuid, pk: publicKey, noRegisterDevice });
  }

  /** Serves the channel and opens a new one whenever it ends, like the client's endless loop. */
  private async follow(first: Leg): Promise<void> {
    for (let leg = first; ; leg = await this.open()) {
      await this.serve(leg);
      if (this.stopped) return;
      this.device.say(`the channel ended: ${leg.endReason ?? 'silence'}`);
      await sleep(this.device.options.heartbeatMs ?? this.device.habits.heartbeatMs);
      // stop() may have come during the pause.
      if (this.stopped) return;
    }
  }

  private async serve(leg: Leg): Promise<void> {
    let retryAt = performance.now() + this.device.habits.heartbeatMs;
    let deadAt = performance.now() + 1.5 * this.keepAliveMs;
    while (!this.stopped) {
      const now = performance.now();
      if (now >= deadAt) leg.abort();
      if (!this.device.keyConfirmed && now >= retryAt) {
        retryAt = now + this.device.habits.heartbeatMs;
        await this.claim(leg);
      }
      const wakeAt = this.device.keyConfirmed ? deadAt : Math.min(deadAt, retryAt);
      const heard = await hearBefore(leg, Math.max(wakeAt - now, 1));
      if (!heard) continue;
      if (heard.name === 'ended') return;
      deadAt = performance.now() + 1.5 * this.keepAliveMs;
      await this.react(leg, heard);
    }
  }

  private async react(leg: Leg, heard: Awaited<ReturnType<typeof hear>>): Promise<void> {
    if (heard.name === 'empty') await leg.send(EMPTY);
    if (heard.name === 'empty' || heard.name === 'undecodable' || heard.name === 'ended') return;
    if (heard.name === 'registerPkResponse' && heard.value.keepAlive > 0) {
      this.keepAliveMs = heard.value.keepAlive * 1_000;
    }
    this.device.onPush(heard);
    if (heard.name === 'registerPeerResponse' && heard.value.requestPk) await this.claim(leg);
  }
}

async function hearBefore(
  leg: Leg,
  timeoutMs: number,
): Promise<Awaited<ReturnType<typeof hear>> | undefined> {
  try {
    return await hear(leg, timeoutMs);
  } catch (error) {
    if (error instanceof NothingCame) return undefined;
    throw error;
  }
}

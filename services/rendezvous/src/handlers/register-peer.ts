import { REGISTER_PEER_KNOWN, REGISTER_PEER_NEEDS_PK, encodeMessage } from '@waystation/wire';
import type { RegisterPeer } from '@waystation/wire';
import type { Context } from '../context.js';
import { recogniseHeartbeat } from '../heartbeat.js';
import { isPossibleId } from '../peer-id.js';
import type { Sender } from '../sender.js';

/**
 * The heartbeat of a callee (protocol 6.1). Known here: one look-up in memory and a constant answer.
 * Unknown here: one read of its identity. An id that nobody owns leaves no trace.
 */
export function registerPeer(ctx: Context, msg: RegisterPeer, from: Sender): void | Promise<void> {
  if (!isPossibleId(msg.id)) return;
  const { ip, port } = from.remote;
  const touch = ctx.peers.touch(msg.id, ip, port);
  if (touch === 'unknown') return firstHeartbeat(ctx, msg, from);
  answer(ctx, msg, from, touch !== 'prove');
}

async function firstHeartbeat(ctx: Context, msg: RegisterPeer, from: Sender): Promise<void> {
  const known = await recogniseHeartbeat(ctx, msg.id, from.remote);
  // Redis cannot be asked: no answer, the client repeats its heartbeat after 3 s.
  if (known !== undefined) answer(ctx, msg, from, known);
}

function answer(ctx: Context, msg: RegisterPeer, from: Sender, known: boolean): void {
  from.reply(known ? REGISTER_PEER_KNOWN : REGISTER_PEER_NEEDS_PK);
  const { serverList } = ctx.settings;
  if (serverList.serial > msg.serial) from.reply(encodeMessage('configureUpdate', serverList));
}

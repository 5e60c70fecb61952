import type { LocalAddr } from '@waystation/wire';
import { passAnswer } from '../callee-answer.js';
import type { Context } from '../context.js';
import type { Sender } from '../sender.js';

/** The callee tells its address in the network it shares with the caller (protocol 6.8). */
export async function localAddr(ctx: Context, msg: LocalAddr, from: Sender): Promise<void> {
  await passAnswer(ctx, 'localAddr', msg, from);
}

import type { PunchHoleSent } from '@waystation/wire';
import { passAnswer, passDatagram } from '../callee-answer.js';
import type { Context } from '../context.js';
import type { Sender } from '../sender.js';

/** The callee has opened its NAT and listens: its observed address goes to the caller (protocol 6.8). */
export async function punchHoleSent(ctx: Context, msg: PunchHoleSent, from: Sender): Promise<void> {
  if (from.kind === 'udp') return passDatagram(ctx, msg, from);
  await passAnswer(ctx, 'punchHoleSent', msg, from);
}

import type { RelayResponse } from '@waystation/wire';
import { passAnswer } from '../callee-answer.js';
import type { Context } from '../context.js';
import type { Sender } from '../sender.js';

/** The callee goes to a relay, by its own choice or because it was asked to (protocol 6.10). */
export async function relayResponse(ctx: Context, msg: RelayResponse, from: Sender): Promise<void> {
  await passAnswer(ctx, 'relayResponse', msg, from);
}

import { encodeMessage, limiterKey } from '@waystation/wire';
import type { OnlineRequest } from '@waystation/wire';
import type { Context } from '../context.js';
import type { Sender } from '../sender.js';

/** Which of these ids are online (protocol 6.12); over the limit all bits are 0, never too few. */
export async function onlineRequest(ctx: Context, msg: OnlineRequest, from: Sender): Promise<void> {
  const states = ctx.limits.onlinePerSource.take(limiterKey(from.remote.ip))
    ? await ctx.online.states(msg.peers)
    : Buffer.alloc(Math.ceil(msg.peers.length / 8));
  from.reply(encodeMessage('onlineResponse', { states }));
  from.close('done');
}

import { RegisterPkResult, encodeMessage, limiterKey } from '@waystation/wire';
import type { HealthCheck } from '@waystation/wire';
import type { Context } from '../context.js';
import type { DropReason } from '../protocol-error.js';
import type { Sender, StreamSender } from '../sender.js';

/**
 * A caller shows that its session lives (protocol 6.14): this connection is kept like that of a
 * registered device, and its end is the end of the session. Who is not logged in is hung up on.
 */
export async function healthCheck(ctx: Context, msg: HealthCheck, from: Sender): Promise<void> {
  const { stream } = from;
  if (stream === undefined) return;
  if (!stream.secured) return refuse(ctx, stream, 'not-secured');
  if (!ctx.limits.punchPerSource.take(limiterKey(from.remote.ip))) {
    return refuse(ctx, stream, 'busy');
  }
  const owner = await ctx.logins.owner(msg.token);
  if (owner === undefined) return refuse(ctx, stream, 'not-logged-in');
  stream.follow(await ctx.sessions.begin(owner, from.remote.ip));
  const keepAlive = ctx.settings.keepAliveSeconds;
  from.reply(encodeMessage('registerPkResponse', { result: RegisterPkResult.OK, keepAlive }));
}

function refuse(ctx: Context, stream: StreamSender, reason: DropReason): void {
  ctx.counters.drop(reason);
  stream.close(reason);
}

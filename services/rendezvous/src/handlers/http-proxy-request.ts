import { encodeMessage, limiterKey } from '@waystation/wire';
import type { HttpProxyRequest } from '@waystation/wire';
import type { Context } from '../context.js';
import type { Sender } from '../sender.js';

/**
 * A client that reaches only this port calls the api through us (protocol 6.15): one call per
 * connection, on a secured channel, because logins travel on it.
 */
export async function httpProxyRequest(
  ctx: Context,
  msg: HttpProxyRequest,
  from: Sender,
): Promise<void> {
  if (from.stream?.secured !== true) {
    ctx.counters.drop('not-secured');
    return from.close('not-secured');
  }
  const { ip } = from.remote;
  const response = ctx.limits.httpPerSource.take(limiterKey(ip))
    ? await ctx.api.call(msg, ip)
    : { error: 'Too many calls: please wait a minute' };
  from.reply(encodeMessage('httpProxyResponse', response));
  from.close('done');
}

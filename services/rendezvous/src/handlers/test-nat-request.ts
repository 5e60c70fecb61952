import { encodeMessage, limiterKey } from '@waystation/wire';
import type { TestNatRequest } from '@waystation/wire';
import type { Context } from '../context.js';
import type { Sender } from '../sender.js';

/** Tells a client the source port we see; asked on p and on p-1 it learns its kind of NAT (protocol 6.5). */
export function testNatRequest(ctx: Context, msg: TestNatRequest, from: Sender): void {
  if (from.kind === 'udp') return answerDatagram(ctx, from);
  const { serverList } = ctx.settings;
  const newer = from.kind !== 'nat' && serverList.serial > msg.serial;
  const cu = newer ? serverList : undefined;
  from.reply(encodeMessage('testNatResponse', { port: from.remote.port, cu }));
  from.close('done');
}

/**
 * A caller asks for the port of its UDP socket (protocol 6.11). The answer is a few bytes longer than the
 * question, so that an address gets no more of them than a client needs.
 */
function answerDatagram(ctx: Context, from: Sender): void {
  if (!ctx.limits.udpPerSource.take(limiterKey(from.remote.ip))) {
    return ctx.counters.drop('udp-limit');
  }
  from.reply(encodeMessage('testNatResponse', { port: from.remote.port }));
}

import { encodeMessage } from '@waystation/wire';
import type { TestNatRequest } from '@waystation/wire';
import type { Context } from '../context.js';
import type { Sender } from '../sender.js';

/** Tells a client the source port we see; asked on p and on p-1 it learns its kind of NAT (protocol 6.5). */
export function testNatRequest(ctx: Context, msg: TestNatRequest, from: Sender): void {
  const { serverList } = ctx.settings;
  const newer = from.kind !== 'nat' && serverList.serial > msg.serial;
  const cu = newer ? serverList : undefined;
  from.reply(encodeMessage('testNatResponse', { port: from.remote.port, cu }));
  from.close('done');
}

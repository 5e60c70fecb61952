import { RegisterPkResult, encodeMessage } from '@waystation/wire';
import type { RegisterPk } from '@waystation/wire';
import type { ClaimAnswer } from '@waystation/bus';
import type { Context } from '../context.js';
import { ID_LIMIT } from '../peer-id.js';
import type { Sender } from '../sender.js';

/** What is longer is refused here; everything else is the registry's to judge (protocol 6.2). */
const UUID_LIMIT_BYTES = 256;
const PK_LIMIT_BYTES = 64;

/**
 * A device claims its id with its uuid and key (protocol 6.2, 6.3), or asks for another id (6.4: an
 * `oldId` and no key). The registry decides; what is done here is who may be online.
 */
export function registerPk(ctx: Context, msg: RegisterPk, from: Sender): void | Promise<void> {
  if (msg.oldId !== '' && msg.pk.length === 0 && from.kind !== 'udp') {
    return changeId(ctx, msg, from);
  }
  if (msg.uuid.length === 0 || msg.pk.length === 0) {
    // On UDP silence: an answer would only tell a stranger that somebody listens.
    if (from.kind !== 'udp') refuse(from, RegisterPkResult.INVALID_ID_FORMAT);
    return;
  }
  if (
    msg.id.length > ID_LIMIT ||
    msg.uuid.length > UUID_LIMIT_BYTES ||
    msg.pk.length > PK_LIMIT_BYTES
  ) {
    return refuse(from, RegisterPkResult.INVALID_ID_FORMAT);
  }
  return claim(ctx, msg, from);
}

async function claim(ctx: Context, msg: RegisterPk, from: Sender): Promise<void> {
  const { id, noRegisterDevice } = msg;
  const { ip } = from.remote;
  const uuid = Buffer.from(msg.uuid);
  const pk = Buffer.from(msg.pk);
  const answer = await asked(ctx, () => ctx.registry.claim({ id, uuid, pk, ip, noRegisterDevice }));
  if (answer.result !== RegisterPkResult.OK || answer.identity === undefined) {
    refuse(from, answer.result);
    return;
  }
  const { signed } = answer.identity;
  const peer = ctx.peers.arrive({
    id,
    transport: from.stream?.kind ?? 'udp',
    ...from.remote,
    signed: signed.length > 0 ? signed : undefined,
    channel: from.stream,
  });
  from.stream?.registered(peer);
  // The device counts as online for every replica before it is told so.
  await ctx.presence.write(peer);
  const keepAlive = from.stream === undefined ? 0 : ctx.settings.keepAliveSeconds;
  from.reply(encodeMessage('registerPkResponse', { result: answer.result, keepAlive }));
}

async function changeId(ctx: Context, msg: RegisterPk, from: Sender): Promise<void> {
  const { id, oldId } = msg;
  const uuid = Buffer.from(msg.uuid);
  const { ip } = from.remote;
  const { result } = await asked(ctx, () => ctx.registry.rename({ oldId, id, uuid, ip }));
  if (result === RegisterPkResult.OK && id !== oldId)
    ctx.peers.remove(oldId)?.channel?.close('renamed');
  from.reply(encodeMessage('registerPkResponse', { result }));
  from.close('done');
}

async function asked(ctx: Context, call: () => Promise<ClaimAnswer>): Promise<ClaimAnswer> {
  try {
    return await call();
  } catch (error) {
    ctx.counters.registryFailures += 1;
    ctx.log.debug('the registry did not answer', { error });
    return { result: RegisterPkResult.SERVER_ERROR };
  }
}

/** The client stays connected and repeats its wish every 15 s (protocol 6.3, step 10). */
function refuse(from: Sender, result: number): void {
  from.reply(encodeMessage('registerPkResponse', { result }));
  from.stream?.refused();
}

import { isLoopback } from '@waystation/wire';
import type { SocketAddress } from '@waystation/wire';
import type { Context } from './context.js';
import { SELF_TEST_ID } from './peer-id.js';
import { LookupBusy } from './peer-lookup.js';

/**
 * A heartbeat from an id that is not in memory, after a restart here or a move between replicas. True:
 * its identity was stored for this ip, so the peer is taken in. False: it must prove itself with
 * RegisterPk. Undefined: Redis cannot be asked.
 */
export async function recogniseHeartbeat(
  ctx: Context,
  id: string,
  remote: SocketAddress,
): Promise<boolean | undefined> {
  if (id === SELF_TEST_ID) return false;
  try {
    const { identity, presence } = await ctx.lookup.find(id);
    if (identity === undefined || identity.disabled || identity.pk.length === 0) return false;
    if (identity.ip !== remote.ip && !isLoopback(remote.ip)) return false;
    // Registered over a connection elsewhere: only RegisterPk may replace that channel.
    if (presence !== undefined && presence.kind !== 'udp') return false;
    // A second heartbeat may have come while the first one was looked up.
    if (ctx.peers.touch(id, remote.ip, remote.port) !== 'unknown') return true;
    const signed = identity.signed.length > 0 ? identity.signed : undefined;
    ctx.peers.arrive({ id, transport: 'udp', ...remote, signed, channel: undefined });
    return true;
  } catch (error) {
    if (error instanceof LookupBusy) ctx.counters.drop('busy');
    else ctx.counters.stateFailures += 1;
    return undefined;
  }
}

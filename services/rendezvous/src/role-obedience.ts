import { deniesSomething, type ControlPermissions } from '@waystation/wire';
import type { Attempt } from './attempt.js';
import { CURRENT_FIELDS, isAtLeast } from './client-version.js';
import type { Context } from './context.js';
import type { RefusalCode } from './refusals.js';

/** The first client that keeps to ControlPermissions (protocol 4.5). Android never does, and does not tell. */
const OBEYS_SINCE = '1.4.5';

/** The field for the callee; absent for a caller without a role, and for one that says nothing. */
export function controlPermissionsOf({ permissions }: Attempt): ControlPermissions | undefined {
  return permissions === 0n ? undefined : { permissions };
}

/** `old-callee` when a client of this version does not keep to the caller's role; one that tells none is old. */
export function obedienceRefusal(
  ctx: Context,
  { permissions }: Attempt,
  version: string,
): 'old-callee' | undefined {
  if (ctx.settings.oldCallees === 'connect' || !deniesSomething(permissions)) return undefined;
  return isAtLeast(version, OBEYS_SINCE) ? undefined : 'old-callee';
}

/**
 * Before a callee is told of an attempt to punch. One whose version is not known may be told: its
 * answer names the version before anything comes of it.
 */
export async function refusalBeforePunch(
  ctx: Context,
  attempt: Attempt,
): Promise<RefusalCode | undefined> {
  if (!deniesSomething(attempt.permissions)) return undefined;
  const version = await ctx.versions.of(attempt.callee);
  return version === '' ? undefined : obedienceRefusal(ctx, attempt, version);
}

/** Before a relay: the ticket lets its caller in whatever the callee answers, so the version must be known. */
export async function refusalBeforeRelay(
  ctx: Context,
  attempt: Attempt,
): Promise<RefusalCode | undefined> {
  if (ctx.settings.oldCallees === 'connect' || !deniesSomething(attempt.permissions)) {
    return undefined;
  }
  const version = await ctx.versions.of(attempt.callee);
  return version === '' ? 'unsure-callee' : obedienceRefusal(ctx, attempt, version);
}

/**
 * What RequestRelay tells about the role. Clients before 1.2.7 drop a message with this field
 * (protocol 4.5), so they are not sent it; whoever is not known to be that old gets what denies.
 */
export function relayPermissionsOf(
  attempt: Attempt,
  version: string,
): ControlPermissions | undefined {
  if (isAtLeast(version, CURRENT_FIELDS)) return controlPermissionsOf(attempt);
  const isRisked = version === '' && deniesSomething(attempt.permissions);
  return isRisked ? controlPermissionsOf(attempt) : undefined;
}

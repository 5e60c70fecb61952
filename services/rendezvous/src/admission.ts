import { hashToken, PROBE_TOKEN_PREFIX, switchVerifier } from '@waystation/state';
import { limiterKey } from '@waystation/wire';
import type { Attempt } from './attempt.js';
import type { Caller } from './callers.js';
import type { Context } from './context.js';
import type { RefusalCode } from './refusals.js';

/** What a request says about who makes it. */
export interface Credentials {
  readonly token: string;
  /** From "switch sides"; opens this one callee without a login (protocol 6.13). */
  readonly switchCode: string;
}

/** The prober sends 38 characters. */
const PROBE_TOKEN_LIMIT = 64;
/** Clients send 44 characters. */
const SWITCH_CODE_LIMIT = 128;

/**
 * Whether the caller's login lets it connect to the callee of this attempt (protocol 6.7 step 3).
 * Undefined: yes. Both PunchHoleRequest and RequestRelay ask here, else the one would be a way round
 * the other. Without a policy, session tracking and control roles nothing is looked up.
 * Notes on the attempt what the caller's role lets it do; a switch code does not lift the role, nor
 * does it open a device whose owner is shut out (api 4.5 asks for that first).
 * The prober of this stack may always reach its own device.
 */
export async function admit(
  ctx: Context,
  caller: Caller,
  attempt: Attempt,
  credentials: Credentials,
): Promise<RefusalCode | undefined> {
  attempt.isProbe = await isProbe(ctx, attempt, credentials.token);
  if (attempt.isProbe) return undefined;
  const { token, switchCode } = credentials;
  const login = await judgeLogin(ctx, attempt, token);
  attempt.permissions = ctx.roles.permissionsOf(attempt.user?.user);
  if (login !== undefined && switchCode === '') return login;
  const access = await judgeAccess(ctx, attempt);
  if (access.final !== undefined) return access.final;
  const refusal = login ?? access.refusal;
  if (refusal === undefined || switchCode === '') return refusal;
  return (await redeems(ctx, caller, attempt, switchCode)) ? undefined : refusal;
}

/**
 * When a login is demanded, a relay only follows a punch request that was let through (protocol 6.9):
 * same source, same callee, within two minutes.
 */
export async function hasGrant(ctx: Context, caller: Caller, attempt: Attempt): Promise<boolean> {
  if (ctx.settings.mustLogin !== 'required') return true;
  return (await ctx.grants.find(caller.remote.ip, attempt.callee)) !== undefined;
}

/** What the rules of the accounts say; a switch code helps against `refusal`, and against `final` nothing. */
interface AccessJudgement {
  readonly refusal?: RefusalCode;
  readonly final?: RefusalCode;
}

/** Whoever is not known to be logged in counts as nobody. */
async function judgeAccess(ctx: Context, attempt: Attempt): Promise<AccessJudgement> {
  if (!ctx.settings.accessRules) return {};
  try {
    const verdict = await ctx.access.verdict(attempt.user?.user ?? '', attempt.callee);
    if (verdict === 'yes') return {};
    return verdict === 'no' ? { refusal: 'no-access' } : { final: 'no-access' };
  } catch (error) {
    ctx.counters.stateFailures += 1;
    ctx.log.debug('access could not be looked up', { attempt: attempt.name, error });
    return { final: 'state-away' };
  }
}

async function judgeLogin(
  ctx: Context,
  attempt: Attempt,
  token: string,
): Promise<RefusalCode | undefined> {
  const { mustLogin, sessionTracking, accessRules } = ctx.settings;
  const isAsked = sessionTracking || accessRules || ctx.roles.dependOnLogin;
  if (mustLogin === 'off' && !isAsked) return undefined;
  if (token === '') return mustLogin === 'required' ? 'login-required' : undefined;
  try {
    attempt.user = await ctx.logins.owner(token);
  } catch (error) {
    ctx.counters.stateFailures += 1;
    ctx.log.debug('a login could not be looked up', { attempt: attempt.name, error });
    // Who may connect without a login may do so with one that nobody can check right now.
    return mustLogin === 'required' ? 'state-away' : undefined;
  }
  return attempt.user === undefined && mustLogin !== 'off' ? 'login-over' : undefined;
}

/** The prober has put the hash of its token into Redis, for its own device and for nothing else. */
async function isProbe(ctx: Context, { callee }: Attempt, token: string): Promise<boolean> {
  if (!token.startsWith(PROBE_TOKEN_PREFIX) || token.length > PROBE_TOKEN_LIMIT) return false;
  try {
    return await ctx.probes.permits(hashToken(token), callee);
  } catch {
    ctx.counters.stateFailures += 1;
    return false;
  }
}

async function redeems(
  ctx: Context,
  caller: Caller,
  attempt: Attempt,
  code: string,
): Promise<boolean> {
  if (code.length > SWITCH_CODE_LIMIT) return false;
  try {
    const source = limiterKey(caller.remote.ip);
    return await ctx.switchGrants.take(attempt.callee, switchVerifier(code), source);
  } catch (error) {
    ctx.counters.stateFailures += 1;
    ctx.log.debug('a switch code could not be looked up', { attempt: attempt.name, error });
    return false;
  }
}

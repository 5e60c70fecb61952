import type { IncomingMessage } from 'node:http';
import {
  type CanActivate,
  type ExecutionContext,
  ForbiddenException,
  Injectable,
  SetMetadata,
  UnauthorizedException,
  UseGuards,
  applyDecorators,
  createParamDecorator,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiTokens, type Area, type Level, allows } from './api-tokens.js';
import { normaliseIp } from '@waystation/wire';
import { LoginTokens, type SignedIn } from './login-tokens.js';

/** Who may call a handler. */
interface Rule {
  /** Which logins count: nobody's, everybody's, or those of administrators. */
  readonly logins: 'none' | 'users' | 'admins';
  /** The scope that an API token needs; undefined: API tokens do not count here. */
  readonly scope?: { readonly area: Area; readonly level: Level };
}

type Request = IncomingMessage & { caller?: SignedIn; readonly ip?: string };
type Decorator = MethodDecorator & ClassDecorator;

const RULE = Symbol('access rule');
/** A caller by API token sits at no device. */
const NO_DEVICE = { id: '', uuid: '' };

/** Holds every request against its handler's rule: 401 without a valid token, 403 without the right. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly logins: LoginTokens,
    private readonly tokens: ApiTokens,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const places = [context.getHandler(), context.getClass()];
    const rule = this.reflector.getAllAndOverride<Rule | undefined>(RULE, places);
    if (rule === undefined) return false;
    const request = context.switchToHttp().getRequest<Request>();
    const caller = await this.#caller(bearerOf(request), rule);
    request.caller = { ...caller, address: normaliseIp(request.ip ?? '') ?? '' };
    return true;
  }

  async #caller(token: string, rule: Rule): Promise<SignedIn> {
    const signedIn = rule.logins === 'none' ? undefined : await this.logins.find(token);
    if (signedIn !== undefined) {
      if (rule.logins === 'users' || signedIn.user.is_admin === 1) return signedIn;
      throw new ForbiddenException('Only administrators may do this');
    }
    const found = rule.scope === undefined ? undefined : await this.tokens.find(token);
    if (found === undefined || rule.scope === undefined) throw new UnauthorizedException();
    const { area, level } = rule.scope;
    if (allows(found.scopes, area, level)) {
      return { user: found.owner, tokenHash: '', device: NO_DEVICE };
    }
    throw new ForbiddenException(`This token may not ${level === 'r' ? 'read' : 'change'} ${area}`);
  }
}

/** Whether a handler is for operators alone, not for every user. */
export function isForOperators(reflector: Reflector, context: ExecutionContext): boolean {
  const places = [context.getHandler(), context.getClass()];
  const rule = reflector.getAllAndOverride<Rule | undefined>(RULE, places);
  return rule !== undefined && rule.logins !== 'users';
}

function bearerOf(request: IncomingMessage): string {
  return /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
}

function access(rule: Rule): Decorator {
  return applyDecorators(SetMetadata(RULE, rule), UseGuards(AccessGuard));
}

/** For users who are signed in; API tokens are no logins. */
export const ForUsers = (): Decorator => access({ logins: 'users' });

/** For users who are signed in, and for API tokens with this scope, which act for their owner. */
export const ForUsersOrTokens = (area: Area, level: Level): Decorator =>
  access({ logins: 'users', scope: { area, level } });

/** For administrators who are signed in, and for API tokens with this scope. */
export const ForOperators = (area: Area, level: Level): Decorator =>
  access({ logins: 'admins', scope: { area, level } });

/** For API tokens with this scope and nobody else. */
export const ForTokens = (area: Area, level: Level): Decorator =>
  access({ logins: 'none', scope: { area, level } });

/** For administrators who are signed in. */
export const ForAdmins = (): Decorator => access({ logins: 'admins' });

/** Who makes the request; only behind one of the rules above. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): SignedIn => {
  const { caller } = context.switchToHttp().getRequest<Request>();
  if (caller === undefined) throw new UnauthorizedException();
  return caller;
});

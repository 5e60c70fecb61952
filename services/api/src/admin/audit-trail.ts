import type { IncomingMessage } from 'node:http';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import { type Observable, concatMap, from } from 'rxjs';
import { isForOperators } from '../accounts/access.guard.js';
import type { SignedIn } from '../accounts/login-tokens.js';
import { type Fields, fieldsOf, text } from '../http/fields.js';
import { bodyOf } from '../http/json-body.js';
import { AUDITED, type AuditedAs } from './audited.js';
import type { ConsoleAudit } from './console-audit.js';
import type { SubjectNames } from './subject-names.js';

type Request = IncomingMessage & {
  readonly caller?: SignedIn;
  readonly params: Record<string, unknown>;
  readonly path: string;
};

/** What a body may tell of itself; everything else could be a secret. */
const TELLING = [
  ...['guid', 'name', 'user', 'group', 'strategy', 'rule'],
  ...['peers', 'users', 'groups', 'user_guids', 'from', 'to'],
];

/** Sees to it that every change by an operator is in the console audit, once. */
export class AuditTrail implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly audit: ConsoleAudit,
    private readonly names: SubjectNames,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<Request>();
    const places = [context.getHandler(), context.getClass()];
    const as = this.reflector.getAllAndOverride<AuditedAs | undefined>(AUDITED, places);
    const isChange = request.method !== 'GET' && request.method !== 'HEAD';
    const counts = isChange && (as !== undefined || isForOperators(this.reflector, context));
    if (!counts) return next.handle();
    return from(this.#before(request)).pipe(
      concatMap(() => next.handle()),
      concatMap(async (result: unknown) => {
        await this.#note(request, as, result);
        return result;
      }),
    );
  }

  /** What is deleted has no name afterwards. */
  async #before({ caller, params }: Request): Promise<void> {
    if (caller !== undefined) await this.names.keep(caller, [text(params, 'guid')]);
  }

  async #note(request: Request, as: AuditedAs | undefined, result: unknown): Promise<void> {
    const { caller } = request;
    if (caller === undefined || this.audit.hasNoted(caller)) return;
    const subject = subjectOf(request, fieldsOf(result));
    if (as !== undefined) return this.audit.note(caller, as.kind, as.operation, subject);
    await this.audit.note(caller, 'other', 'call', `${request.method ?? ''} ${request.path}`);
  }
}

function subjectOf(request: Request, result: Fields): string[] {
  const body = bodyOf(request);
  const told = Array.isArray(body) ? texts(body) : TELLING.flatMap((name) => tell(body, name));
  const guids = [text(request.params, 'guid'), text(result, 'guid')];
  const parts = [...guids, ...told].filter((part) => part !== '');
  return [...new Set(parts)];
}

function tell(body: unknown, name: string): string[] {
  const value = fieldsOf(body)[name];
  if (Array.isArray(value)) return texts(value);
  return typeof value === 'string' || typeof value === 'number' ? [String(value)] : [];
}

function texts(values: readonly unknown[]): string[] {
  return values.filter((value) => typeof value === 'string');
}

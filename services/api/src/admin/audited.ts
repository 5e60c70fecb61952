import { SetMetadata } from '@nestjs/common';
import type { OperationName, SubjectKind } from './console-audit.js';

/** Metadata of a handler: what it is called in the console audit. */
export const AUDITED = Symbol('audited');

export interface AuditedAs {
  readonly kind: SubjectKind;
  readonly operation: OperationName;
}

/**
 * Notes a successful call in the console audit. What operators change and neither notes itself nor
 * has this is noted by method and path, so that nothing is missing.
 */
export function Audited(kind: SubjectKind, operation: OperationName): MethodDecorator {
  return SetMetadata(AUDITED, { kind, operation } satisfies AuditedAs);
}

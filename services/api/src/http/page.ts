import { BadRequestException, type ExecutionContext, createParamDecorator } from '@nestjs/common';

/** Which part of a list is wanted. */
export interface Page {
  readonly limit: number;
  readonly offset: number;
}

/** A part of a list, with the length of the whole. */
export interface Paged<T> {
  readonly total: number;
  readonly data: readonly T[];
}

const DEFAULT_SIZE = 100;
const MAX_SIZE = 1000;
/** Beyond any list, and far below where offsets lose precision. */
const MAX_NUMBER = 10_000_000;

/** `current` (from 1) and `pageSize` of the query. */
export const PageQuery = createParamDecorator((_: unknown, context: ExecutionContext): Page => {
  const { query } = context.switchToHttp().getRequest<{ query: Record<string, unknown> }>();
  const size = Math.min(whole(query['pageSize'], DEFAULT_SIZE), MAX_SIZE);
  return { limit: size, offset: (whole(query['current'], 1) - 1) * size };
});

function whole(value: unknown, otherwise: number): number {
  if (value === undefined || value === '') return otherwise;
  const number = Number(value);
  if (typeof value === 'string' && Number.isInteger(number) && number >= 1) {
    return Math.min(number, MAX_NUMBER);
  }
  throw new BadRequestException('current and pageSize are whole numbers from 1 up');
}

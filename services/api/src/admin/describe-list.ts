import { applyDecorators } from '@nestjs/common';
import { ApiQuery } from '@nestjs/swagger';
import type { ListOrder } from '../store/listing.js';

const MEANINGS = {
  id: 'exactly, or with % for anything',
  word: 'in any case, with % for anything',
  number: 'a number',
  empty: '1: yes, 0: no',
  since: 'from this moment on (YYYY-MM-DD HH:MM:SS in UTC)',
  until: 'up to this moment (YYYY-MM-DD HH:MM:SS in UTC)',
} as const;

/** Documents the filters of a list, its order, and unless `whole` its pages. */
export function DescribeList(shape: ListOrder, whole = false): MethodDecorator {
  const optional = (name: string, description: string, enumeration?: string[]): MethodDecorator =>
    ApiQuery({
      name,
      required: false,
      description,
      type: String,
      ...(enumeration ? { enum: enumeration } : {}),
    });
  const filters = Object.entries(shape.filters).map(([name, { compare }]) =>
    optional(name, MEANINGS[compare]),
  );
  if (whole) return applyDecorators(...filters);
  return applyDecorators(
    ...filters,
    optional('sort', 'what to sort by', Object.keys(shape.sorts)),
    optional('order', 'which way', ['asc', 'desc']),
    optional('current', 'the page, from 1'),
    optional('pageSize', 'entries of a page, at most 1000'),
  );
}

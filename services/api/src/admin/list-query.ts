import { BadRequestException } from '@nestjs/common';
import { fieldsOf, optionalText } from '../http/fields.js';
import type { FilterValue, ListOrder, ListWish } from '../store/listing.js';

/**
 * What a query wants of a list: its filters by name, `sort` and `order`. Names that are no filters
 * are ignored. Throws BadRequestException for a value that no entry could have.
 */
export function listWish(shape: ListOrder, query: unknown): ListWish {
  const fields = fieldsOf(query);
  const filters = Object.entries(shape.filters).flatMap(([name, { compare }]): FilterValue[] => {
    const text = optionalText(fields, name) ?? '';
    if (text === '') return [];
    if (compare === 'number' || compare === 'empty') return [{ name, value: numberOf(name, text) }];
    if (compare === 'since' || compare === 'until') return [{ name, value: moment(name, text) }];
    return [{ name, value: text }];
  });
  const [sort, order] = [optionalText(fields, 'sort') ?? '', optionalText(fields, 'order') ?? ''];
  if (sort !== '' && !Object.hasOwn(shape.sorts, sort)) {
    throw new BadRequestException(`sort is one of ${Object.keys(shape.sorts).join(', ')}`);
  }
  if (order !== '' && order !== 'asc' && order !== 'desc') {
    throw new BadRequestException('order is asc or desc');
  }
  return {
    filters,
    ...(sort === '' ? {} : { sort }),
    ...(order === '' ? {} : { direction: order }),
  };
}

function numberOf(name: string, text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new BadRequestException(`${name} is a small number`);
}

/** `YYYY-MM-DD HH:MM:SS.000` in UTC as scripts write it, a moment as JavaScript does, or milliseconds. */
function moment(name: string, text: string): number {
  const trimmed = text.trim();
  if (/^\d{9,15}$/.test(trimmed)) return Number(trimmed);
  const spelled = trimmed.replace(' ', 'T');
  const isUtc = /T.*(Z|[+-]\d\d:\d\d)$/.test(spelled) || !spelled.includes('T');
  // anything else would be read in the time zone of this machine
  const isSpelled = /^\d{4}-\d\d-\d\d(T|$)/.test(spelled);
  const ms = Date.parse(isUtc ? spelled : `${spelled}Z`);
  if (!isSpelled || Number.isNaN(ms))
    throw new BadRequestException(`${name} is YYYY-MM-DD HH:MM:SS in UTC`);
  return ms;
}

import { BadRequestException } from '@nestjs/common';

/** A JSON object from outside; every value is checked when it is read. */
export type Fields = Readonly<Record<string, unknown>>;

/** The value as an object; anything else has no fields. */
export function fieldsOf(value: unknown): Fields {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as Fields) : {};
}

/** A text field, cut at `maxChars`; any other type, and a missing field, is the empty text. */
export function text(fields: Fields, name: string, maxChars = 256): string {
  return optionalText(fields, name, maxChars) ?? '';
}

/** A text field, cut at `maxChars`; undefined when it is missing or of another type. */
export function optionalText(fields: Fields, name: string, maxChars = 256): string | undefined {
  const value = fields[name];
  if (typeof value !== 'string') return undefined;
  return clean(value.length > maxChars ? value.slice(0, maxChars) : value);
}

/** PostgreSQL can store neither NUL nor half a character, and no field means anything by them. */
export function clean(value: string): string {
  return value.replaceAll('\0', '').toWellFormed();
}

/** A whole number that fits 32 bits, signed; undefined for everything else. */
export function integer(fields: Fields, name: string): number | undefined {
  const value = fields[name];
  return typeof value === 'number' && value === (value | 0) ? value : undefined;
}

/** A number as parseJson delivers it, as the decimal text of an unsigned 64-bit number. */
export function unsignedText(value: unknown): string | undefined {
  const decimal = typeof value === 'number' ? String(value) : value;
  if (typeof decimal !== 'string' || !/^\d{1,20}$/.test(decimal)) return undefined;
  const number = BigInt(decimal);
  return number < 2n ** 64n ? number.toString() : undefined;
}

/** A list of texts. Throws BadRequestException when it is something else or too long. */
export function textList(value: unknown, maxItems: number, maxChars = 256): string[] {
  const fits =
    Array.isArray(value) &&
    value.length <= maxItems &&
    value.every((item) => typeof item === 'string' && item.length <= maxChars);
  if (!fits) throw new BadRequestException('A list of texts is expected');
  return (value as string[]).map(clean);
}

import { applyDecorators } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation } from '@nestjs/swagger';

type Kind = 'text' | 'yes or no' | 'number' | 'decimal' | 'texts' | 'object' | 'objects';

const SCHEMAS = {
  text: { type: 'string' },
  'yes or no': { type: 'boolean' },
  number: { type: 'integer' },
  decimal: { type: 'number' },
  texts: { type: 'array', items: { type: 'string' } },
  object: { type: 'object', additionalProperties: true },
  objects: { type: 'array', items: { type: 'object', additionalProperties: true } },
} as const;

/**
 * Documents a call: what it does, and the fields of its body; a name that ends in `?` may be
 * missing. A single kind stands for a body that is no object.
 */
export function Describe(
  summary: string,
  body?: Readonly<Record<string, Kind>> | Kind,
): MethodDecorator {
  const about = [ApiOperation({ summary }), ApiBearerAuth()];
  if (body === undefined) return applyDecorators(...about);
  if (typeof body === 'string') {
    return applyDecorators(...about, ApiBody({ schema: { ...SCHEMAS[body] } }));
  }
  const names = Object.keys(body);
  const properties = names.map((name) => [plain(name), { ...SCHEMAS[body[name] ?? 'text'] }]);
  const required = names.filter((name) => !name.endsWith('?'));
  const schema = {
    type: 'object',
    properties: Object.fromEntries(properties) as Record<string, { type: string }>,
    ...(required.length > 0 ? { required } : {}),
  };
  return applyDecorators(...about, ApiBody({ schema }));
}

function plain(name: string): string {
  return name.endsWith('?') ? name.slice(0, -1) : name;
}

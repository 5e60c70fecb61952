/** Field names whose values never reach a log, compared without case, dashes and underscores. */
const SECRET_FIELD =
  /^(.*(token|password|passphrase|secret|secretkey|sessionkey|symmetrickey|privatekey|licencekey|licensekey|apikey|authorization|cookie|switchcode|credential)s?|key|keys|redisurl|databaseurl)$/;

/** `scheme://user:password@` anywhere in a text; a password may hold an @, and JSON ends with a quote. */
const URL_PASSWORD = /([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s"]+@/gi;
const BEARER = /\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]+/g;

const MASKED = '***';
const MAX_DEPTH = 6;

/** The text without passwords in addresses and without HTTP credentials. */
export function maskText(text: string): string {
  return text.replace(URL_PASSWORD, `$1:${MASKED}@`).replace(BEARER, `$1 ${MASKED}`);
}

/**
 * A copy of the fields that may be logged: secrets by name become `***`, bytes become their length,
 * errors their message and stack. Depth is limited, so a loop ends.
 */
export function maskFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return maskObject(fields, 0);
}

function maskObject(fields: object, depth: number): Record<string, unknown> {
  const safe: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    const secret = SECRET_FIELD.test(name.toLowerCase().replace(/[-_]/g, ''));
    const given = value !== undefined && value !== null && value !== '';
    safe[name] = secret && given ? MASKED : maskValue(value, depth + 1);
  }
  return safe;
}

function maskValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return maskText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Error) return maskText(value.stack ?? value.message);
  if (depth > MAX_DEPTH) return '…';
  if (Array.isArray(value)) return value.map((entry) => maskValue(entry, depth + 1));
  return maskObject(value, depth);
}

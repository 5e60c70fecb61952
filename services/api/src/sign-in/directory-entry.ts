import type { Entry } from 'ldapts';

const MAX_GROUPS = 2000;

/** The first value of an attribute as text; names of attributes have no case. Empty without one. */
export function textOf(entry: Entry, attribute: string): string {
  return textsOf(entry, attribute)[0] ?? '';
}

/** All values of an attribute as text. */
export function textsOf(entry: Entry, attribute: string): string[] {
  const key = Object.keys(entry).find((name) => name.toLowerCase() === attribute.toLowerCase());
  const value = key === undefined ? [] : entry[key];
  const values = Array.isArray(value) ? value : value === undefined ? [] : [value];
  return values.map(plain);
}

/** Bytes that are no readable text, such as AD's objectGUID, as hexadecimal digits. */
function plain(value: string | Buffer): string {
  if (typeof value === 'string') return value;
  const text = value.toString('utf8');
  return /^[\x20-\x7e]+$/.test(text) ? text : value.toString('hex');
}

/** Each group as its whole DN and as its bare name, so that operators may write either. */
export function groupNames(dns: readonly string[]): string[] {
  return dns.slice(0, MAX_GROUPS).flatMap((dn) => [dn, bareName(dn)]);
}

/** `cn=Support\, night,ou=x` -> `Support, night`. */
function bareName(dn: string): string {
  const first = /^[^=]+=((?:\\.|[^,+\\])*)/.exec(dn)?.[1] ?? dn;
  return first.replace(/\\(.)/g, '$1').trim();
}

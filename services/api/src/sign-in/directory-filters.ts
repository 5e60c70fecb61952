import { StartError, reasonOf } from '@waystation/ops';
import { AndFilter, EqualityFilter, Filter, FilterParser, OrFilter } from 'ldapts';

/** Where one entry is looked for. */
interface EntrySearch {
  readonly base: string;
  readonly scope: 'base' | 'sub';
  readonly filter: Filter;
}

/**
 * Finds the entry of somebody known, by `subject` (the value of `idAttribute`, bytes of it in
 * hexadecimal, or else his DN), whatever he is called by now, as long as he meets all that
 * `userFilter` demands beside the name.
 */
export function entryFilter(
  subject: string,
  idAttribute: string,
  userFilter: string,
  baseDn: string,
): EntrySearch {
  const conditions = FilterParser.parseString(withoutName(userFilter));
  // a DN stands for entries that have no such attribute
  if (/^[^\s=,]+=/.test(subject) && isInside(subject, baseDn)) {
    return { base: subject, scope: 'base', filter: conditions };
  }
  const values = [subject, ...(isHex(subject) ? [Buffer.from(subject, 'hex')] : [])];
  const same = values.map((value) => new EqualityFilter({ attribute: idAttribute, value }));
  const filter = new AndFilter({ filters: [new OrFilter({ filters: same }), conditions] });
  return { base: baseDn, scope: 'sub', filter };
}

/** What a filter asks of an entry besides its name: `(uid={username})` is met by everybody. */
function withoutName(userFilter: string): string {
  return userFilter.replace(/\([^()]*\{username\}[^()]*\)/g, '(objectClass=*)');
}

/** As directory-entry.ts writes bytes that are no text. */
function isHex(subject: string): boolean {
  return subject.length % 2 === 0 && /^[0-9a-f]+$/.test(subject);
}

/** Whether a DN is `baseDn` or below it; compared as text without blanks around commas. */
function isInside(dn: string, baseDn: string): boolean {
  const [inner, outer] = [dn, baseDn].map((name) => name.toLowerCase().replace(/\s*,\s*/g, ','));
  return inner === outer || inner?.endsWith(`,${outer ?? ''}`) === true;
}

/** Puts values into a filter in such a way that they are never taken for a part of it (RFC 4515). */
export function filled(filter: string, values: Readonly<Record<string, string>>): string {
  return filter.replace(/\{(dn|username)\}/g, (_, name: string) =>
    Filter.escape(values[name] ?? ''),
  );
}

/** Throws StartError, which names the setting, for what is no filter. */
export function checkFilter(setting: string, filter: string): void {
  try {
    FilterParser.parseString(filled(filter, { dn: 'cn=x', username: 'x' }));
  } catch (error) {
    const reason = reasonOf(error);
    throw new StartError(`${setting} is no LDAP filter (${reason}).`);
  }
}

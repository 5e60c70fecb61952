import type { SignedIn } from '../accounts/login-tokens.js';
import type { SubjectStore } from '../store/subject-store.js';

const GUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const RULE = /^(user|user-group)\.([0-9a-f-]{36})\.(user-group|device-group)\.([0-9a-f-]{36})$/;
/** Between the two sides of a rule, each of them a kind and a name. */
const ARROW = ' → ';
/** What a sharing rule allows. */
const RIGHT = /^[123]$/;
/** The id of a device. */
const DEVICE_ID = /^[A-Za-z0-9_-]{6,100}$/;
/** Of a call that concerns many the first ones are named. */
const MOST_NAMED = 20;
const MAX_CHARS = 1000;

/** Tells what an entry of the audit is about by its name, also when it is deleted by then. */
export class SubjectNames {
  readonly #kept = new WeakMap<SignedIn, Map<string, string>>();

  constructor(private readonly subjects: SubjectStore) {}

  /** Looks names up before something happens to what has them; for this request only. */
  async keep(operator: SignedIn, guids: readonly string[]): Promise<void> {
    const names = await this.subjects.names(guids.slice(0, MOST_NAMED).filter(isGuid));
    const kept = this.#kept.get(operator) ?? new Map<string, string>();
    for (const [key, name] of names) kept.set(key, name);
    this.#kept.set(operator, kept);
  }

  /** The parts of a subject for people; `hasDevices`: what looks like the id of a device is one. */
  async tell(operator: SignedIn, parts: readonly string[], hasDevices: boolean): Promise<string> {
    const some = parts.slice(0, MOST_NAMED);
    const kept = this.#kept.get(operator) ?? new Map<string, string>();
    const keys = some.flatMap((part) => [
      ...(part.match(GUID) ?? []),
      ...(hasDevices && DEVICE_ID.test(part) ? [part] : []),
    ]);
    const found = await this.subjects.names(keys.filter((key) => !kept.has(key)));
    const names = new Map([...found, ...kept]);
    const told = withoutEcho(some.map((part) => tellOne(part, names, hasDevices)));
    const more = parts.length > some.length ? [`${parts.length - some.length} more`] : [];
    return [...told, ...more].join(', ').slice(0, MAX_CHARS).toWellFormed();
  }
}

function tellOne(part: string, names: ReadonlyMap<string, string>, hasDevices: boolean): string {
  const nameOf = (guid: string): string => names.get(guid) ?? guid;
  const [, fromKind, from, toKind, to] = RULE.exec(part) ?? [];
  if (from !== undefined && to !== undefined) {
    return `${fromKind} ${nameOf(from)}${ARROW}${toKind} ${nameOf(to)}`;
  }
  if (hasDevices && names.has(part)) return nameOf(part);
  return part.replace(GUID, nameOf);
}

/** A guid and the name beside it are one thing, and so are a rule and what it is made of. */
function withoutEcho(told: readonly string[]): string[] {
  const inRules = new Set<string>();
  for (const rule of told.filter((one) => one.includes(ARROW))) {
    for (const side of rule.split(ARROW)) inRules.add(side.slice(side.indexOf(' ') + 1));
  }
  return [...new Set(told)].filter((one) => !inRules.has(one) && !RIGHT.test(one));
}

function isGuid(text: string): boolean {
  return text.length === 36 && text.search(GUID) === 0;
}

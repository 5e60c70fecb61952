import type { AccessGrantTable } from '../store/account-tables.js';
import type { NameStore } from '../store/name-store.js';
import { type Fields, text } from '../http/fields.js';
import { Refusal } from '../http/refusal.js';

const BAD_REQUEST = 400;
const NOT_FOUND = 404;
const ID = /^(user|user-group)\.([^.]{1,64})\.(user-group|device-group)\.([^.]{1,64})$/;

type FromKind = AccessGrantTable['from_kind'];
type ToKind = AccessGrantTable['to_kind'];

/** The rule that an id stands for. Throws Refusal when it can be none. */
export function ruleOfId(id: string): AccessGrantTable {
  const [, from_kind, from_guid = '', to_kind, to_guid = ''] = ID.exec(id) ?? [];
  if (from_kind === undefined) throw new Refusal('There is no such access rule', NOT_FOUND);
  return { from_kind: from_kind as FromKind, from_guid, to_kind: to_kind as ToKind, to_guid };
}

/** The rule that a request describes, with whom it names looked up. Throws Refusal. */
export async function ruleOfFields(fields: Fields, names: NameStore): Promise<AccessGrantTable> {
  const { from_kind, to_kind } = fields;
  if (from_kind !== 'user' && from_kind !== 'user-group') {
    throw new Refusal('from_kind is user or user-group', BAD_REQUEST);
  }
  if (to_kind !== 'user-group' && to_kind !== 'device-group') {
    throw new Refusal('to_kind is user-group or device-group', BAD_REQUEST);
  }
  const [from, to] = [text(fields, 'from'), text(fields, 'to')];
  const from_guid = await (from_kind === 'user' ? names.user(from) : names.userGroup(from));
  const to_guid = await (to_kind === 'user-group' ? names.userGroup(to) : names.deviceGroup(to));
  if (from_guid === undefined) throw new Refusal(unknown(from_kind, from), BAD_REQUEST);
  if (to_guid === undefined) throw new Refusal(unknown(to_kind, to), BAD_REQUEST);
  return { from_kind, from_guid, to_kind, to_guid };
}

function unknown(kind: FromKind | ToKind, name: string): string {
  return `There is no ${kind.replace('-', ' ')} ${name}`;
}

import { BadRequestException } from '@nestjs/common';
import {
  Permission,
  permissionBits,
  type PermissionName,
  type PermissionRule,
} from '@waystation/wire';
import { type Fields, fieldsOf } from '../http/fields.js';
import { parseJson } from '../http/json-body.js';

type Rules = Partial<Record<PermissionName, PermissionRule>>;

/** Permissions by the name that operators use: `remote_printer` for the wire's remotePrinter. */
const BY_NAME = new Map(
  (Object.keys(Permission) as PermissionName[]).map((name) => [
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    name,
  ]),
);

/**
 * What is stored of `{ file: 'deny', keyboard: 'allow' }`. Throws BadRequestException for a name that
 * is no permission: a role that forbids less than its maker thinks would be worse than none.
 */
export function storedPermissions(value: unknown): string {
  const entries = Object.entries(fieldsOf(value));
  for (const [name, rule] of entries) {
    if (!BY_NAME.has(name)) throw new BadRequestException(`There is no permission ${name}`);
    if (rule !== 'allow' && rule !== 'deny') {
      throw new BadRequestException(`${name} is allow or deny; leave it out to leave it open`);
    }
  }
  return JSON.stringify(Object.fromEntries(entries));
}

/** As operators read it. */
export function permissionsView(stored: string): Fields {
  return fieldsOf(parseJson(stored));
}

/** As callees read it. */
export function storedPermissionBits(stored: string): bigint {
  const rules: Rules = {};
  for (const [text, rule] of Object.entries(permissionsView(stored))) {
    const name = BY_NAME.get(text);
    if (name !== undefined && (rule === 'allow' || rule === 'deny')) rules[name] = rule;
  }
  return permissionBits(rules);
}

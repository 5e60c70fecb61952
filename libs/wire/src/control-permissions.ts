import { Permission } from './enums.js';

/** A permission as the wire enum spells it. */
export type PermissionName = keyof typeof Permission;

/** What a role says about a permission; one it does not name is left to the device's own settings. */
export type PermissionRule = 'allow' | 'deny';

/** Two bits each: 1 switches it off, 2 switches it on, 0 leaves it to the device (api 4.4). */
const BITS = { deny: 1n, allow: 2n } as const;

/** The bitmap of ControlPermissions: permission n at bit 2*n. Names nothing: 0. */
export function permissionBits(
  rules: Readonly<Partial<Record<PermissionName, PermissionRule>>>,
): bigint {
  let bits = 0n;
  for (const [name, n] of Object.entries(Permission)) {
    const rule = rules[name as PermissionName];
    if (rule !== undefined) bits |= BITS[rule] << BigInt(2 * n);
  }
  return bits;
}

/** Low bits of all pairs, as far as the 64 bits of the field reach. */
const LOW_BITS = 0x5555_5555_5555_5555n;

/** Whether a bitmap switches something off: a pair of 1 (3 means the same as 0). */
export function deniesSomething(bits: bigint): boolean {
  return (bits & LOW_BITS & ~(bits >> 1n)) !== 0n;
}

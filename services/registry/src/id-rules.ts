/** Shorter ids get UUID_MISMATCH, which makes the client choose another one (protocol 6.2, rule 2). */
const MIN_ID_BYTES = 6;
const MAX_ID_BYTES = 100;
const MAX_UUID_BYTES = 256;
const PK_BYTES = 32;
// Also what newest clients refuse themselves; \p{C} is control, format and unassigned characters.
const FORBIDDEN = /[\p{C}\s"<>/\\|?*]/u;
// The client's rule for a wished id, narrowed to ASCII (protocol 6.4).
const WISHED = /^[A-Za-z][A-Za-z0-9_-]{5,15}$/;

export function isTooShort(id: string): boolean {
  return Buffer.byteLength(id) < MIN_ID_BYTES;
}

/** Whether an id, uuid and pk may be stored at all. */
export function isStorable(id: string, uuid: Uint8Array, pk: Uint8Array): boolean {
  const sizesFit =
    Buffer.byteLength(id) <= MAX_ID_BYTES &&
    uuid.length <= MAX_UUID_BYTES &&
    pk.length === PK_BYTES;
  return sizesFit && !isTooShort(id) && !FORBIDDEN.test(id);
}

/** Whether a user may choose this id. */
export function isWish(id: string): boolean {
  return WISHED.test(id);
}

import type { LoginDevice } from '../accounts/login-tokens.js';
import { type Fields, fieldsOf, text } from '../http/fields.js';

/** The newest limit of ids on the wire. */
const MAX_ID_CHARS = 253;

/** The device of a request. */
export function deviceOf(fields: Fields): LoginDevice {
  return { id: text(fields, 'id', MAX_ID_CHARS), uuid: text(fields, 'uuid') };
}

/** What a device says of itself, for people; empty when it says nothing. */
export function deviceName(fields: Fields): string {
  const info = fieldsOf(fields['deviceInfo']);
  const [name, os] = [text(info, 'name', 64), text(info, 'os', 32)];
  return os === '' ? name : `${name} (${os})`.trimStart();
}

import { hashSecret, newSecret } from '../accounts/secrets.js';
import { Refusal } from '../http/refusal.js';
import type { PublicUrls } from './public-urls.js';

/** The cookie that ties a sign-in to the browser that began it. */
const COOKIE = 'waystation-sign-in';
const LIFETIME_S = 300;

/** What a browser's own sign-in begins with. */
export interface BrowserBegin {
  /** SHA-256 of what the cookie holds. */
  readonly hash: string;
  /** The header that sets it. */
  readonly cookie: string;
}

/**
 * A sign-in of the web console itself. It counts only in the browser that has the cookie, so that
 * nobody can have another person sign in for him by sending him the link; and it ends at the public
 * address where it began, never at one that a request names. Throws Refusal.
 */
export function browserBegin(urls: PublicUrls, address: string, origin: string): BrowserBegin {
  const known = urls.known(address);
  const isThere = known !== undefined && (origin === '' || new URL(known).origin === origin);
  if (!isThere) throw new Refusal(`Signing in with a provider works at ${urls.usual}/`);
  const secret = newSecret('b_');
  return { hash: hashSecret(secret), cookie: cookieLine(known, secret, LIFETIME_S) };
}

/** The header that takes the cookie away again. */
export function endedCookie(address: string): string {
  return cookieLine(address, '', 0);
}

/** SHA-256 of the cookie that a browser sends back; empty without one. */
export function browserHash(header: string | undefined): string {
  const found = (header ?? '').split(';').find((one) => one.trim().startsWith(`${COOKIE}=`));
  return found === undefined ? '' : hashSecret(found.trim().slice(COOKIE.length + 1));
}

/** Sent along when another site leads here, which is what the provider does, but seen by no script. */
function cookieLine(address: string, value: string, maxAgeS: number): string {
  const { pathname, protocol } = new URL(address);
  const path = `${pathname.replace(/\/+$/, '')}/api/oidc/callback`;
  const secure = protocol === 'https:' ? '; Secure' : '';
  return `${COOKIE}=${value}; Path=${path}; Max-Age=${maxAgeS}; HttpOnly; SameSite=Lax${secure}`;
}

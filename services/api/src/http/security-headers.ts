import type { IncomingMessage, ServerResponse } from 'node:http';

/** A year, for browsers that have come over HTTPS once. */
const HSTS = 'max-age=31536000';
/** How long a browser may remember what it was told about another origin. */
const PREFLIGHT_S = '600';

/**
 * What OWASP's list of secure headers asks of an API that answers JSON. Whatever serves a page puts
 * its own policy in the place of this one.
 */
const HEADERS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
} as const;

type Request = IncomingMessage & { readonly secure?: boolean };
type Middleware = (request: Request, response: ServerResponse, next: () => void) => void;

/** Sets them on every answer; over HTTPS (as a trusted proxy says) also that it stays so. */
export function securityHeaders(corsOrigins: readonly string[]): Middleware {
  const headers = new Map<string, string>(Object.entries(HEADERS));
  const reach = corsOrigins.length > 0 ? 'cross-origin' : 'same-origin';
  headers.set('cross-origin-resource-policy', reach);
  return (request, response, next) => {
    response.setHeaders(headers);
    if (request.secure === true) response.setHeader('strict-transport-security', HSTS);
    next();
  };
}

/** Lets web pages of the named origins call, and answers what their browsers ask first. */
export function crossOrigin(corsOrigins: readonly string[]): Middleware {
  const allowed = new Set(corsOrigins);
  return (request, response, next) => {
    const { origin = '' } = request.headers;
    if (allowed.size > 0) response.setHeader('vary', 'Origin');
    if (!allowed.has(origin)) return next();
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('access-control-allow-credentials', 'true');
    if (request.method !== 'OPTIONS') return next();
    response.setHeader('access-control-allow-methods', 'GET, POST, PUT, DELETE, PATCH, OPTIONS');
    response.setHeader(
      'access-control-allow-headers',
      'Origin, Content-Type, Accept, Authorization',
    );
    response.setHeader('access-control-max-age', PREFLIGHT_S);
    response.writeHead(204).end();
  };
}

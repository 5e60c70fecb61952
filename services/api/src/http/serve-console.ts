import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { NestExpressApplication } from '@nestjs/platform-express';

const INDEX = fileURLToPath(import.meta.resolve('@waystation/console/public/index.html'));
/** Where each folder of files comes from; the page names them so. */
const FOLDERS = {
  '/console/public': dirname(INDEX),
  '/console/dist': folderOf('@waystation/console/dist/main.js'),
  '/console/preact': dirname(folderOf('preact')),
};

/** The web console at `/`: static files, which call the same REST as everybody else. */
export function serveConsole(app: NestExpressApplication): void {
  const page = readFileSync(INDEX);
  const headers = { ...headersFor(page.toString()), 'content-type': 'text/html; charset=utf-8' };
  app.getHttpAdapter().get('/', (_: unknown, response: ServerResponse) => {
    response.writeHead(200, { ...headers, 'content-length': page.length }).end(page);
  });
  for (const [prefix, folder] of Object.entries(FOLDERS)) {
    const setHeaders = (response: ServerResponse): void => {
      // a new version of the server is a new console with the next look
      response.setHeader('cache-control', 'no-cache');
      response.setHeader('x-content-type-options', 'nosniff');
    };
    app.useStaticAssets(folder, { prefix, index: false, redirect: false, setHeaders });
  }
}

/** Nothing but our own files runs, and nobody frames the page; the import map is named by its hash. */
function headersFor(page: string): Record<string, string> {
  const map = /<script type="importmap">(.*?)<\/script>/s.exec(page)?.[1] ?? '';
  const hash = createHash('sha256').update(map).digest('base64');
  const policy = [
    "default-src 'none'",
    `script-src 'self' 'sha256-${hash}'`,
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ];
  return {
    'content-security-policy': policy.join('; '),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-cache',
  };
}

function folderOf(name: string): string {
  return dirname(fileURLToPath(import.meta.resolve(name)));
}

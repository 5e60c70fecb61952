import type { OidcReturn } from '../sign-in/oidc-logins.js';

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:12vh auto;padding:0 1rem}' +
  'button{font:inherit;padding:.5rem 1.2rem;margin-right:.5rem}dt{color:#666}dd{margin:0 0 .6rem}';

/**
 * What the browser shows after a sign-in: plain words, no script, nothing from elsewhere. `action`
 * is where the form goes, relative to the page.
 */
export function oidcPage(result: Exclude<OidcReturn, { kind: 'console' }>): string {
  switch (result.kind) {
    case 'done':
      return page('You are signed in', [
        p(`You are signed in as ${result.name}.`),
        p('You can close this page and go back to the program.'),
      ]);
    case 'refused':
      return page('You are not signed in', [
        p(result.reason),
        p('You can close this page, and try again from the program.'),
      ]);
    case 'ask':
      return page('Is this you?', question(result));
  }
}

function question({ device, confirm, name }: Extract<OidcReturn, { kind: 'ask' }>): string[] {
  const facts = [
    ['Device', device.device_name],
    ['ID', device.device_id],
    ['Its address', device.address],
  ].filter(([, value]) => value !== '');
  return [
    p(`A program at another address than this browser's wants to be signed in as ${name}:`),
    `<dl>${facts.map(([term = '', value = '']) => `<dt>${safe(term)}</dt><dd>${safe(value)}</dd>`).join('')}</dl>`,
    p('Say yes only if you have just started this yourself. If somebody sent you here, say no.'),
    '<form method="post" action="confirm">',
    `<input type="hidden" name="confirm" value="${safe(confirm)}">`,
    '<button name="answer" value="yes">Yes, sign it in</button>',
    '<button name="answer" value="no">No</button></form>',
  ];
}

/** What the browser shows after the answer. */
export function answeredPage(known: boolean, yes: boolean): string {
  if (!known) {
    return oidcPage({ kind: 'refused', reason: 'This sign-in is unknown or over.' });
  }
  if (yes) return page('Done', [p('The program is signed in. You can close this page.')]);
  return page('Turned down', [p('The program was not signed in. You can close this page.')]);
}

function page(title: string, parts: readonly string[]): string {
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${safe(title)}</title>` +
    '<meta name="viewport" content="width=device-width,initial-scale=1">' +
    `<style>${STYLE}</style></head><body><h1>${safe(title)}</h1>${parts.join('')}</body></html>`
  );
}

function p(text: string): string {
  return `<p>${safe(text)}</p>`;
}

function safe(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** For the pages above: nothing is loaded, nothing runs, nobody frames them. */
export const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

import type { Pages } from '@waystation/ops';
import { normaliseIp } from '@waystation/wire';
import type { Context } from './context.js';

/** Shows on the ops port which relay a caller from `?ip=` would be given now, and why not the others. */
export function explainRelays(pages: Pages, { relays }: Context): Pages {
  pages.add('/relay-choice', (query) => {
    const ip = normaliseIp(query.get('ip') ?? '');
    return Promise.resolve(ip === undefined ? { error: 'ip is no address' } : relays.explain(ip));
  });
  return pages;
}

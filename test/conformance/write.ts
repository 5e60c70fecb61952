import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderPage } from './page.js';
import { readClaims, root } from './titles.js';

// Run by hand after tests were added or renamed; conformance.test.ts tells when that was forgotten.
mkdirSync(join(root, 'docs'), { recursive: true });
writeFileSync(join(root, 'docs', 'conformance.md'), renderPage(readClaims()));

// Brings ARCHITECTURE.md's table of Redis keys up to date: npm run generate
import { readFileSync, writeFileSync } from 'node:fs';
import { withKeyTable } from './key-table.js';

const page = new URL('../../../ARCHITECTURE.md', import.meta.url);
writeFileSync(page, withKeyTable(readFileSync(page, 'utf8')));

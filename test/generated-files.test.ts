import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { envExample, settingsPage } from '@waystation/config';

const file = (name: string): string =>
  readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');

test('.env.example and docs/configuration.md say what the services read (npm run generate)', () => {
  assert.equal(file('.env.example'), envExample());
  assert.equal(file('docs/configuration.md'), settingsPage());
});

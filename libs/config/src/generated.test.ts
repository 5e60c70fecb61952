import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { allSettings, serviceSettings } from './all.js';
import { withPassedSettings } from './compose-lines.js';
import { readConfig } from './env.js';
import { envExample } from './env-example.js';
import { parseEnvText } from './env-file.js';
import { settingsPage } from './settings-table.js';

const names = new Set(
  allSettings.flatMap(({ options }) => Object.values(options).map(({ name }) => name)),
);

describe('what is made from the settings', () => {
  test('the example has every name once, and each value that it shows is accepted', () => {
    const entries = [...envExample().matchAll(/^#([A-Z][A-Z0-9_]*)=/gm)].map((match) => match[1]);
    assert.deepEqual([...entries].sort(), [...names].sort());
    const uncommented = envExample().replace(/^#(?=[A-Z][A-Z0-9_]*=)/gm, '');
    const env = Object.fromEntries(parseEnvText(uncommented));
    for (const declared of serviceSettings) {
      readConfig(declared, { argv: [], env, cwd: '/nonexistent' });
    }
  });

  test('the page has a row for every name', () => {
    const page = settingsPage();
    for (const name of names) assert.ok(page.includes(`| \`${name}\``), name);
  });

  test('a Compose file without a place for a service’s settings is refused', () => {
    assert.throws(
      () => withPassedSettings('services: {}'),
      /no place for the settings of registry/,
    );
  });
});

test('no two options of one service share a name or a flag', () => {
  for (const { service, options } of serviceSettings) {
    const taken = Object.values(options).flatMap(({ name, aliases, flags }) => [
      name,
      ...(aliases ?? []),
      ...(flags ?? []),
    ]);
    assert.equal(new Set(taken).size, taken.length, service);
  }
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(`${root}/${path}`, 'utf8');

const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(`${root}/docs`).map((name) => `docs/${name}`),
];

/** Run here as they stand, where the program is installed. */
const RUN_HERE = /^(docker compose .*config -q|helm template .*)$/;

/** Run by another test or script of this repository, and what shows it there. */
const RUN_ELSEWHERE: readonly (readonly [command: RegExp, file: string, evidence: RegExp])[] = [
  [/^npm run -s waystation -- /, 'test/command-docs.test.ts', /npm run -s waystation --/],
  [/^docker compose run --rm .*cli /, 'test/command-docs.test.ts', /docker compose run --rm/],
  [/^docker compose up -d( --build)?$/, 'test/compose/check.mjs', /'up',\n {2}'-d'/],
  [/^docker compose up -d --scale /, 'test/compose/check.mjs', /--scale/],
  [
    /^docker compose --profile monitoring up -d$/,
    'test/compose/check.mjs',
    /'--profile', 'monitoring'/,
  ],
  [/^docker compose build$/, 'deploy/Dockerfile', /npm run build/],
  [
    /^docker compose exec registry cat /,
    'test/compose/check.mjs',
    /'exec', '-T', 'registry', 'cat'/,
  ],
  [/^docker compose logs rendezvous \| grep offline$/, 'test/compose/check.mjs', /'logs'/],
  [/^npm test$/, '.ci/run', /^exec npm test$/m],
  [/^npm start$/, 'test/start.test.ts', /start\.mjs/],
  [/^[A-Z_]+=/, 'test/accounts-page.test.ts', /accounts\.md/],
];

/** What changes the reader's own machine; nobody else's business to run. */
const FOR_THE_READER = [
  /^git (clone|pull)/,
  /^echo '.*' > (\.env|\/etc\/sysctl\.d\/\S+)$/,
  /^(sysctl|nft) /,
  /^(mkdir|sudo cp|sudo chown) .*old-server/,
];

const lines = PAGES.flatMap((page) =>
  [...read(page).matchAll(/^ *```sh\n([^]*?)^ *```/gm)].flatMap(([, block = '']) =>
    block
      .split('\n')
      .map((line) => ({ page, command: line.replace(/\s+#.*$/, '').trim() }))
      .filter(({ command }) => command !== ''),
  ),
);

describe('every command of the documents', () => {
  test('is run by somebody, or is one for the reader alone', () => {
    assert.ok(lines.length > 30, 'the pages have commands');
    const scripts = Object.keys((JSON.parse(read('package.json')) as { scripts: object }).scripts);
    const unknown = lines.filter(({ command }) => !isKnown(command, scripts));
    assert.deepEqual(unknown, []);
  });

  test('is still where it is said to be run', () => {
    for (const [command, file, evidence] of RUN_ELSEWHERE) {
      assert.match(read(file), evidence, `${String(command)} in ${file}`);
    }
  });

  for (const { page, command } of lines.filter(({ command }) => RUN_HERE.test(command))) {
    test(`${page}: ${command}`, (context) => {
      const env = { ...process.env, WAYSTATION_HOST: 'desk.example.org' };
      const { status, stderr } = spawnSync('/bin/sh', ['-c', command], {
        cwd: root,
        env,
        encoding: 'utf8',
      });
      if (/not found|is not a docker command/.test(stderr)) {
        context.skip('its program is not installed here');
        return;
      }
      assert.equal(status, 0, stderr);
    });
  }
});

function isKnown(command: string, scripts: readonly string[]): boolean {
  const script = /^npm run (\S+)$/.exec(command)?.[1];
  if (script !== undefined) return scripts.includes(script);
  return (
    RUN_HERE.test(command) ||
    command.startsWith('npm test -- ') ||
    RUN_ELSEWHERE.some(([known]) => known.test(command)) ||
    FOR_THE_READER.some((known) => known.test(command))
  );
}

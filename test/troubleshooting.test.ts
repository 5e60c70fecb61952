import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const file = (name: string): string => readFileSync(`${root}/${name}`, 'utf8');

/** Where each closed list of words begins and ends in the code. */
const LISTS = [
  [
    'rendezvous_attempts_total',
    'services/rendezvous/src/refusals.ts',
    /const refusals = \{([^]*?)\n\}/,
  ],
  [
    'rendezvous_attempts_total',
    'services/rendezvous/src/refusals.ts',
    /WITHOUT_TEXT = \[([^]*?)\]/,
  ],
  [
    'rendezvous_drops_total',
    'services/rendezvous/src/protocol-error.ts',
    /DROP_REASONS = \[([^]*?)\]/,
  ],
  ['relay_leg_ends_total', 'services/relay/src/end-reason.ts', /END_REASONS = \[([^]*?)\]/],
  [
    'relay_refused_connections_total',
    'libs/net/src/listen-options.ts',
    /REFUSAL_REASONS = \[([^]*?)\]/,
  ],
  ['prober_step_success', 'services/prober/src/steps.ts', /const STEPS = \[([^]*?)\]/],
  ['registry_decisions_total', 'services/registry/src/claims.ts', /const results = \{([^]*?)\}/],
  ['registry_decisions_total', 'services/registry/src/renames.ts', /const results = \{([^]*?)\}/],
] as const;

/** Words of a list: what is in quotes on its own, and the names of an object's fields. */
function wordsOf(list: string): Set<string> {
  const quoted = [...list.matchAll(/(?:^|[\s|,[])'([a-z0-9-]+)'(?=[,:;\s]|$)/gm)];
  const fields = [...list.matchAll(/^ {2}([a-z-]+):/gm)];
  return new Set([...quoted, ...fields].map(([, word = '']) => word));
}

function section(page: string, metric: string): string {
  const found = page.split(/^## /m).find((part) => part.split('\n')[0]?.includes(metric));
  return found ?? assert.fail(`docs/troubleshooting.md says nothing about ${metric}`);
}

test('docs/troubleshooting.md explains every word of the code, and no other', () => {
  const page = file('docs/troubleshooting.md');
  const inCode = new Map<string, Set<string>>();
  for (const [metric, path, place] of LISTS) {
    const words = wordsOf(place.exec(file(path))?.[1] ?? assert.fail(`${path} has no such list`));
    assert.ok(words.size > 3, path);
    inCode.set(metric, new Set([...(inCode.get(metric) ?? []), ...words]));
  }
  for (const [metric, words] of inCode) {
    const rows = [...section(page, metric).matchAll(/^\| `([a-z-]+)` \|/gm)];
    const explained = rows.map(([, word = '']) => word);
    assert.deepEqual([...explained].sort(), [...words].sort(), metric);
  }
});

test('every setting that a page names exists', () => {
  // what Compose itself reads is no setting of ours
  const known = `${file('docs/configuration.md')} \`COMPOSE_FILE\``;
  for (const name of ['docs/troubleshooting.md', 'docs/operations.md']) {
    for (const [, setting = ''] of file(name).matchAll(
      /`([A-Z][A-Z0-9]*_[A-Z0-9_]+)(?:=[^`]*)?`/g,
    )) {
      assert.ok(known.includes(`\`${setting}\``), `${name}: ${setting}`);
    }
  }
});

test('every Compose and Helm command that only looks works as the page gives it', (context) => {
  const commands = [
    ...file('docs/operations.md').matchAll(
      /^((?:docker compose .* config -q|helm template .*))$/gm,
    ),
  ];
  assert.ok(commands.length >= 5);
  const skipped: string[] = [];
  for (const [, command = ''] of commands) {
    const [program = '', ...args] = command.split(' ');
    const env = { ...process.env, WAYSTATION_HOST: 'desk.example.org' };
    const { status, stderr, error } = spawnSync(program, args, {
      cwd: root,
      env,
      encoding: 'utf8',
    });
    const isMissing = error !== undefined || stderr.includes('is not a docker command');
    if (isMissing) skipped.push(program);
    else assert.equal(status, 0, `${command}: ${stderr}`);
  }
  if (skipped.length > 0) context.diagnostic(`not tried, not installed: ${skipped.join(', ')}`);
  if (skipped.length === commands.length) context.skip('neither Docker nor helm is installed here');
});

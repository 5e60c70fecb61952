import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
const CRUISE = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');

interface Breach {
  readonly rule: string;
  readonly file: string;
  readonly code: string;
  /** Other files that the breach needs. */
  readonly more?: Readonly<Record<string, string>>;
}

/** One offence against each wall. */
const BREACHES: readonly Breach[] = [
  { rule: 'room-wire', file: 'libs/wire/src/a.ts', code: "import 'node:net';" },
  { rule: 'room-wire', file: 'libs/wire/src/b.ts', code: "import 'ioredis';" },
  { rule: 'room-net', file: 'libs/net/src/a.ts', code: "import '@nestjs/common';" },
  { rule: 'room-config', file: 'libs/config/src/a.ts', code: "import 'node:child_process';" },
  { rule: 'room-state', file: 'libs/state/src/a.ts', code: "import '@nestjs/common';" },
  { rule: 'room-bus', file: 'libs/bus/src/a.ts', code: "import 'ws';" },
  { rule: 'room-ops', file: 'libs/ops/src/a.ts', code: "import '@waystation/state';" },
  { rule: 'room-datagrams', file: 'libs/datagrams/src/a.ts', code: "import 'node:http';" },
  { rule: 'room-pump', file: 'libs/pump/src/a.ts', code: "import 'ioredis';" },
  { rule: 'room-testkit', file: 'libs/testkit/src/a.ts', code: "import 'ioredis';" },
  {
    rule: 'bus-redis-in-signals',
    file: 'libs/bus/src/b.ts',
    code: "import { Redis } from 'ioredis'; new Redis();",
  },
  {
    rule: 'testkit-for-tests',
    file: 'services/relay/src/a.ts',
    code: "import '@waystation/testkit';",
  },
  {
    rule: 'service-alone',
    file: 'services/relay/src/b.ts',
    code: "import '../../api/src/x.js';",
    more: { 'services/api/src/x.ts': 'export {};' },
  },
  { rule: 'service-no-sockets', file: 'services/relay/src/c.ts', code: "import 'node:net';" },
  { rule: 'service-no-sockets', file: 'services/relay/src/d.ts', code: "import 'ioredis';" },
  {
    rule: 'rules-stay-plain',
    file: 'services/relay/src/bandwidth.ts',
    code: "import '@nestjs/common';",
  },
  {
    rule: 'rules-stay-plain',
    file: 'services/rendezvous/src/handlers/a.ts',
    code: "import 'node:timers';",
  },
  { rule: 'room-console', file: 'libs/console/src/a.ts', code: "import 'node:fs';" },
  {
    rule: 'libs-know-no-service',
    file: 'libs/state/src/b.ts',
    code: "import '../../../services/api/src/y.js';",
    more: { 'services/api/src/y.ts': 'export {};' },
  },
  {
    rule: 'nobody-imports-tests',
    file: 'services/relay/src/e.ts',
    code: "import './f.test.js';",
    more: { 'services/relay/src/f.test.ts': 'export {};' },
  },
  {
    rule: 'barrel-for-outsiders',
    file: 'libs/state/src/c.ts',
    code: "import './index.js';",
    more: { 'libs/state/src/index.ts': 'export {};' },
  },
  {
    rule: 'by-name-only',
    file: 'services/relay/src/g.ts',
    code: "import '../../../libs/wire/src/z.js';",
    more: { 'libs/wire/src/z.ts': 'export {};' },
  },
  {
    rule: 'no-circular',
    file: 'libs/state/src/d.ts',
    code: "import { e } from './e.js'; export const d = e;",
    more: { 'libs/state/src/e.ts': "import { d } from './d.js'; export const e = d;" },
  },
  { rule: 'not-resolved', file: 'libs/state/src/f.ts', code: "import './nowhere.js';" },
];

async function violations(folder: string): Promise<{ rule: string; from: string }[]> {
  const args = [
    CRUISE,
    '--config',
    '.dependency-cruiser.cjs',
    '--output-type',
    'json',
    'libs',
    'services',
  ];
  const run = promisify(execFile)(process.execPath, args, { cwd: folder, maxBuffer: 2 ** 26 });
  // it ends with the number of violations; its answer is on stdout all the same
  const { stdout } = await run.catch((error: unknown) => error as { stdout: string });
  const answer = JSON.parse(stdout) as {
    summary: { violations: { rule: { name: string }; from: string }[] };
  };
  return answer.summary.violations.map(({ rule, from }) => ({ rule: rule.name, from }));
}

describe('the walls between the rooms', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'waystation-walls-'));
    for (const name of ['.dependency-cruiser.cjs', 'tsconfig.base.json', 'package.json']) {
      cpSync(join(root, name), join(folder, name));
    }
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  });
  after(() => rmSync(folder, { recursive: true }));

  test('each one fails when it is broken', async () => {
    for (const { file, code, more } of BREACHES) {
      for (const [path, text] of Object.entries({ [file]: code, ...more })) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), text);
      }
    }
    const found = await violations(folder);
    for (const { rule, file } of BREACHES) {
      const hit = found.some((violation) => violation.rule === rule && violation.from === file);
      assert.ok(hit, `${rule} does not notice ${file}`);
    }
  });
});

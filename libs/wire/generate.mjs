/**
 * Turns proto/*.proto into src/generated/descriptor.ts, a TypeScript module that holds the schema as
 * plain data, so that tsc copies it to dist like every other file. Does nothing when up to date.
 */
import { mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const sourceFolder = join(here, '..', '..', 'proto');
const target = join(here, 'src', 'generated', 'descriptor.ts');

const sources = readdirSync(sourceFolder)
  .filter((name) => name.endsWith('.proto'))
  .sort()
  .map((name) => join(sourceFolder, name));

function changedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function upToDate() {
  const inputs = [...sources, fileURLToPath(import.meta.url)];
  return inputs.every((path) => changedAt(path) < changedAt(target));
}

function generate() {
  const root = new protobuf.Root();
  root.loadSync(sources);
  const json = JSON.stringify(root.resolveAll().toJSON(), undefined, 2);
  mkdirSync(join(here, 'src', 'generated'), { recursive: true });
  const temporary = `${target}.${process.pid}`;
  writeFileSync(
    temporary,
    `// Generated from proto/ by generate.mjs.\nexport const descriptor = ${json};\n`,
  );
  renameSync(temporary, target);
}

if (sources.length === 0) throw new Error(`no .proto file in ${sourceFolder}`);
if (!upToDate()) generate();

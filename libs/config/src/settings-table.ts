import { type AnySettings, allSettings } from './all.js';
import { fixedInCompose } from './compose.js';
import { ownOptions, textOf } from './env-example.js';
import type { AnyOption } from './settings.js';
import { sharedOptions } from './shared.js';

const HEAD = `# Configuration

This page is made from the services' own settings by \`npm run generate\`.

A setting is taken from the first of these places that has it: a flag on the command line, the file
given with \`-c\`/\`--config\`, \`.env\` in the working directory, the inherited environment. Names ignore
case, \`-\` and \`_\` are the same, and each name may carry the prefix \`WAYSTATION_\`. An impossible
value, or a prefixed name that nobody knows, stops the service with a sentence that names it.
\`NAME=\` with nothing behind it means "not set", except where the table says that empty is a value.

* **time**: a number with \`ms\`, \`s\`, \`m\`, \`h\` or \`d\`; without one, in the unit in brackets.
* **secret**: masked in logs; \`NAME_FILE\` may name a file that holds the value.
* **yes or no**: \`Y\` or \`N\`.
* Every setting has a flag of its own name (\`--log-level debug\`); the table shows the additional ones.

With Docker Compose, write the names into \`.env\` beside \`docker-compose.yml\` exactly as they stand here.
Settings marked ¹ are decided by \`docker-compose.yml\` itself (its published ports and its volumes).
`;

/** The text of docs/configuration.md. */
export function settingsPage(): string {
  const sections = [
    table('All services', 'Every service reads these.', Object.values(sharedOptions)),
    ...allSettings.map((declared) => sectionOf(declared)),
  ];
  return `${HEAD}\n${sections.join('\n')}`;
}

function sectionOf(declared: AnySettings): string {
  return table(declared.service, `${declared.meaning}.`, ownOptions(declared));
}

function table(title: string, intro: string, options: readonly AnyOption[]): string {
  const rows = options.map(row).join('\n');
  return `## ${title}\n\n${intro}\n\n| name | default | form | meaning |\n|---|---|---|---|\n${rows}\n`;
}

function row(option: AnyOption): string {
  const mark = fixedInCompose.has(option.name) ? ' ¹' : '';
  const others = [...(option.flags ?? []), ...(option.aliases ?? [])].map((name) => `\`${name}\``);
  const names = [`\`${option.name}\`${mark}`, ...others].join(', ');
  return `| ${names} | ${defaultCell(option)} | ${formCell(option)} | ${escape(option.meaning)} |`;
}

function defaultCell(option: AnyOption): string {
  const text = textOf(option);
  if (text === '') return 'empty';
  return option.defaultText === undefined ? `\`${escape(text)}\`` : escape(text);
}

function formCell(option: AnyOption): string {
  const kind = option.kind === 'duration' ? 'time' : option.secret ? 'secret' : option.kind;
  const unit = option.unit === undefined ? '' : ` [${option.unit}]`;
  const empty = option.emptyIsValue && option.kind !== 'list' ? ', empty is a value' : '';
  const example = option.example === undefined ? '' : `, e.g. \`${escape(option.example)}\``;
  return `${kind}${unit}${empty}${example}`;
}

function escape(text: string): string {
  return text.replaceAll('|', '\\|');
}

import { type AnySettings, allSettings } from './all.js';
import type { AnyOption } from './settings.js';
import { sharedOptions } from './shared.js';

const HEAD = `# Every setting of Waystation with its default. Copy this file to .env and uncomment what you change.
# Made by "npm run generate" from the services' own settings; docs/configuration.md explains the forms.
`;

const shared = new Set<AnyOption>(Object.values(sharedOptions));

/** The options that are a service's own; those that all services share are told once. */
export function ownOptions({ options }: AnySettings): AnyOption[] {
  return Object.values(options).filter((option) => !shared.has(option));
}

/** A default or a value as the operator writes it. */
export function textOf(option: AnyOption): string {
  return option.defaultText ?? option.format(option.default as never);
}

/** The text of `.env.example`: every option once, those of several services under the first. */
export function envExample(): string {
  const seen = new Set<string>();
  const section = (title: string, options: readonly AnyOption[]): string => {
    const fresh = options.filter(({ name }) => !seen.has(name));
    for (const { name } of fresh) seen.add(name);
    return [`\n# --- ${title}`, ...fresh.map(entry)].join('\n');
  };
  const sections = [section('all services', Object.values(sharedOptions))];
  for (const declared of allSettings)
    sections.push(section(declared.service, ownOptions(declared)));
  return `${HEAD}${sections.join('\n')}\n`;
}

function entry(option: AnyOption): string {
  const unit = option.unit === undefined ? '' : ` [${option.unit}]`;
  const value = option.defaultText === undefined ? textOf(option) : (option.example ?? '');
  const example = value === '' && option.example !== undefined ? ` Example: ${option.example}` : '';
  return `\n# ${option.meaning}.${unit}${example}\n#${option.name}=${value}`;
}

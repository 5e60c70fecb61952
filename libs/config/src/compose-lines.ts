import { type AnySettings, serviceSettings } from './all.js';
import { defaultsInCompose, fixedInCompose } from './compose.js';

/** The names of a service's settings that docker-compose.yml hands through, aliases included. */
export function passedNames({ options }: AnySettings): string[] {
  const names = Object.values(options)
    .filter(({ name }) => !fixedInCompose.has(name))
    .flatMap(({ name, aliases }) => [name, ...(aliases ?? [])]);
  return [...new Set(names)];
}

/** What stands for a service in the mark of a container that reads the settings of all. */
const ALL = 'all services';

/**
 * The Compose file with each service's list between `# settings of <service>` and `# end of
 * settings` renewed, and that of `all services`. Throws Error when one has no such place.
 */
export function withPassedSettings(composeFile: string): string {
  const lists = serviceSettings.map(
    (declared) => [declared.service, passedNames(declared)] as const,
  );
  const all = [...new Set(lists.flatMap(([, names]) => names))];
  return [...lists, [ALL, all] as const].reduce((text, [owner, names]) => {
    const place = new RegExp(`( *)# settings of ${owner}\\n[^#]*# end of settings`);
    if (!place.test(text)) throw new Error(`no place for the settings of ${owner}`);
    return text.replace(place, (_, indent: string) => {
      const lines = names.map((name) => `${indent}- ${passed(name)}\n`);
      return `${indent}# settings of ${owner}\n${lines.join('')}${indent}# end of settings`;
    });
  }, composeFile);
}

/** As Compose reads it: the value of `.env`, else the stack's own default, else what the service has. */
function passed(name: string): string {
  const own = defaultsInCompose[name];
  return own === undefined ? name : `${name}=\${${name}-${own}}`;
}

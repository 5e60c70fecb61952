import { type AnySettings, serviceSettings } from './all.js';
import { defaultsInCompose, fixedInCompose } from './compose.js';

/** The names of a service's settings that docker-compose.yml hands through, aliases included. */
export function passedNames({ options }: AnySettings): string[] {
  const names = Object.values(options)
    .filter(({ name }) => !fixedInCompose.has(name))
    .flatMap(({ name, aliases }) => [name, ...(aliases ?? [])]);
  return [...new Set(names)];
}

/**
 * The Compose file with each service's list between `# settings of <service>` and `# end of
 * settings` renewed. Throws Error when a service has no such place.
 */
export function withPassedSettings(composeFile: string): string {
  return serviceSettings.reduce((text, declared) => {
    const place = new RegExp(`( *)# settings of ${declared.service}\\n[^#]*# end of settings`);
    if (!place.test(text)) throw new Error(`no place for the settings of ${declared.service}`);
    return text.replace(place, (_, indent: string) => {
      const lines = passedNames(declared).map((name) => `${indent}- ${passed(name)}\n`);
      return `${indent}# settings of ${declared.service}\n${lines.join('')}${indent}# end of settings`;
    });
  }, composeFile);
}

/** As Compose reads it: the value of `.env`, else the stack's own default, else what the service has. */
function passed(name: string): string {
  const own = defaultsInCompose[name];
  return own === undefined ? name : `${name}=\${${name}-${own}}`;
}

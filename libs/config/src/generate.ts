import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { withPassedSettings } from './compose-lines.js';
import { envExample } from './env-example.js';
import { settingsPage } from './settings-table.js';

// `npm run generate`, in the repository's root: what is made from the settings.
mkdirSync('docs', { recursive: true });
writeFileSync('.env.example', envExample());
writeFileSync('docs/configuration.md', settingsPage());
for (const file of ['docker-compose.yml', 'deploy/compose.host.yml']) {
  writeFileSync(file, withPassedSettings(readFileSync(file, 'utf8')));
}

// npm run test:compose [-- --relay N --rendezvous N]: sets up and builds like `npm test`, then runs the
// stack in containers. Says why and ends well where that cannot be. Node 20 syntax, no packages.
import { setUp } from '../../deploy/bare/setup.mjs';
import { fail, say } from '../../deploy/bare/say.mjs';
import { checkCompose, obstacle } from './engine.mjs';

async function main() {
  const reason = await obstacle();
  if (reason !== undefined) return say(`the containers are not tried: ${reason}.`);
  process.exit(await checkCompose(await setUp(), process.argv.slice(2)));
}

main().catch(fail);

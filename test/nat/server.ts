// The whole stack, started inside a namespace; says where it is and ends with its stdin.
import { startStack, type Stack } from '@waystation/testkit';
import { serveLines } from './program.js';

let stack: Stack | undefined;
await serveLines(async ({ host }) => {
  stack = await startStack({
    rendezvous: 2,
    relay: 1,
    ports: 'shared',
    // The relay tells its public name itself.
    listRelays: false,
    env: { WAYSTATION_HOST: String(host) },
  });
  return { port: stack.server().port, key: stack.key };
});
await stack?.stop();

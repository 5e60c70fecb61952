import { after, before, describe } from 'node:test';
import { startStack, type Stack } from '@waystation/testkit';
import { playAll } from './scenarios/play.js';

// Off by default; one scenario uses it.
const serviceEnv = { rendezvous: { UDP_PUNCH: 'Y' } };

describe('three replicas of the rendezvous, two relays', () => {
  let stack: Stack;

  before(async () => {
    stack = await startStack({ rendezvous: 3, relay: 2, serviceEnv });
  });

  after(() => stack.stop());

  playAll(
    {
      name: 'callee, answer and caller at three replicas',
      places: (started) => ({
        callee: started.server(0),
        answer: started.server(1),
        caller: started.server(2),
      }),
      heavy: false,
    },
    () => stack,
  );
});

describe('three replicas of the rendezvous behind one port', () => {
  let stack: Stack;

  before(async () => {
    stack = await startStack({ rendezvous: 3, relay: 1, ports: 'shared', serviceEnv });
  });

  after(() => stack.stop());

  // Every connection and every flow of datagrams goes where the kernel puts it, as in production.
  const places = (started: Stack) => {
    const server = started.server();
    return { callee: server, answer: server, caller: server };
  };
  playAll({ name: 'where the kernel puts them', places, heavy: false }, () => stack);
});

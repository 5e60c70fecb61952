import { after, before, describe } from 'node:test';
import { startStack, type Stack } from '@waystation/testkit';
import { playAll } from './scenarios/play.js';

// Bandwidth limits would only make the bulk scenarios slow; the relay's own tests cover them.
const UNLIMITED = { SINGLE_BANDWIDTH: '100000', TOTAL_BANDWIDTH: '100000' };

// Off by default; one scenario uses it.
const UDP_PUNCH = { UDP_PUNCH: 'Y' };

describe('one replica of each service', () => {
  let stack: Stack;

  before(async () => {
    stack = await startStack({ serviceEnv: { relay: UNLIMITED, rendezvous: UDP_PUNCH } });
  });

  after(() => stack.stop());

  const places = (started: Stack) => {
    const server = started.server();
    return { callee: server, answer: server, caller: server };
  };
  playAll({ name: 'one', places, heavy: true }, () => stack);
});

import { after, before, describe } from 'node:test';
import { startStack, type Stack } from '@waystation/testkit';
import { playAll } from './scenarios/play.js';

const UNLIMITED = { SINGLE_BANDWIDTH: '100000', TOTAL_BANDWIDTH: '100000' };

// Off by default; one scenario uses it.
const UDP_PUNCH = { UDP_PUNCH: 'Y' };

describe('two replicas of rendezvous and relay', () => {
  let stack: Stack;

  before(async () => {
    stack = await startStack({
      rendezvous: 2,
      relay: 2,
      serviceEnv: { relay: UNLIMITED, rendezvous: UDP_PUNCH },
    });
  });

  after(() => stack.stop());

  const first = (started: Stack) => started.server(0);
  const second = (started: Stack) => started.server(1);
  playAll(
    {
      name: 'answers at the replica of the callee',
      places: (started) => ({
        callee: first(started),
        answer: first(started),
        caller: second(started),
      }),
      heavy: true,
    },
    () => stack,
  );
  playAll(
    {
      name: 'answers at the replica of the caller',
      places: (started) => ({
        callee: first(started),
        answer: second(started),
        caller: second(started),
      }),
      heavy: false,
    },
    () => stack,
  );
});

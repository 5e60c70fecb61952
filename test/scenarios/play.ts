import { test } from 'node:test';
import type { Stack } from '@waystation/testkit';
import { crowdScenarios } from './crowd.js';
import { directScenarios } from './direct.js';
import { identityScenarios } from './identity.js';
import { refusalScenarios } from './refusals.js';
import { relayedScenarios } from './relayed.js';
import { Stage, type Places, type Scenario } from './stage.js';

const SCENARIO_LIMIT_MS = 90_000;

/** Everything a user can do. */
export const scenarios: readonly Scenario[] = [
  ...directScenarios,
  ...relayedScenarios,
  ...refusalScenarios,
  ...identityScenarios,
  ...crowdScenarios,
];

/** One arrangement of clients over the replicas of a stack. */
export interface Arrangement {
  readonly name: string;
  readonly places: (stack: Stack) => Places;
  /** False leaves out the heavy scenarios. */
  readonly heavy: boolean;
}

/** Makes a test of every scenario; all of them share the stack that `stackOf` returns. */
export function playAll(arrangement: Arrangement, stackOf: () => Stack): void {
  for (const { title, run, heavy = false } of scenarios) {
    if (heavy && !arrangement.heavy) continue;
    test(`${arrangement.name}: ${title}`, { timeout: SCENARIO_LIMIT_MS }, async () => {
      const stack = stackOf();
      const stage = new Stage(stack, arrangement.places(stack));
      try {
        await run(stage);
      } finally {
        stage.clear();
      }
    });
  }
}

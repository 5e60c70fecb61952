import { writeFileSync } from 'node:fs';
import { Side } from './calls.js';
import { parseOptions, USAGE } from './options.js';
import { runInOwnNetwork } from './own-network.js';
import { descriptorLimit } from './process-figures.js';
import type { Results } from './report.js';
import { describeMachine, table } from './report.js';
import type { Figures, Scenario, Stage } from './scenarios.js';
import { bulk, churn, desktop, firstByte, idle, verify } from './scenarios.js';
import type { Subject } from './subjects.js';
import { startSubjects } from './subjects.js';

/**
 * Measures relays side by side: every round runs every scenario on every subject in turn, so that
 * whatever else the machine does hits all of them. By hand only; ends by itself.
 */
async function measure(
  stage: Stage,
  subjects: Subject[],
  scenarios: Scenario[],
  rounds: number,
): Promise<Results> {
  const results: Results = new Map();
  for (let round = 1; round <= rounds; round += 1) {
    for (const scenario of scenarios) {
      if (scenario.once === true && round > 1) continue;
      const bySubject = results.get(scenario.name) ?? new Map<string, never[]>();
      results.set(scenario.name, bySubject);
      for (const subject of subjects) {
        const figures = await attempt(scenario, stage, subject);
        bySubject.set(subject.name, [...(bySubject.get(subject.name) ?? []), figures]);
        const text = Object.entries(figures).map(([name, value]) => `${name} ${value.toFixed(2)}`);
        console.error(
          `round ${String(round)} ${scenario.name} ${subject.name}: ${text.join(', ')}`,
        );
      }
    }
  }
  for (const subject of subjects) await verify(stage, subject);
  return results;
}

/** A subject that fails in a round has no figures there; the others and the next rounds go on. */
async function attempt(scenario: Scenario, stage: Stage, subject: Subject): Promise<Figures> {
  try {
    return await scenario.run(stage, subject);
  } catch (error) {
    console.error(`${scenario.name}, ${subject.name}: ${String(error)}`);
    return {};
  }
}

/** Ten thousand, or what the descriptor limit allows: two for each pair and some for the rest. */
function mostPairs(): number {
  const limit = descriptorLimit();
  const pairs = Math.min(10_000, Math.floor((limit - 200) / 2));
  if (pairs < 10_000) {
    console.error(`a process may have ${String(limit)} descriptors here: ${String(pairs)} pairs`);
  }
  return pairs;
}

async function main(): Promise<number> {
  const argv = process.argv.slice(1);
  const options = parseOptions(argv.slice(1));
  const { address } = options;
  if (address === undefined) return runInOwnNetwork(argv);
  const ms = options.seconds * 1000;
  const all = [
    idle(5_000),
    idle(mostPairs()),
    bulk(1, ms),
    bulk(32, ms),
    desktop(500, ms),
    churn(32, ms),
    firstByte(300),
  ];
  const wanted = ({ name }: Scenario): boolean => options.only.some((text) => name.includes(text));
  const scenarios = options.only.length === 0 ? all : all.filter(wanted);
  const stage: Stage = { caller: new Side(), callee: new Side(), address };
  let subjects: Subject[] = [];
  try {
    subjects = await startSubjects(options.programs, address);
    const results = await measure(stage, subjects, scenarios, options.rounds);
    const machine = describeMachine(options.programs);
    const figures = Object.fromEntries(
      [...results].map(([name, by]) => [name, Object.fromEntries(by)]),
    );
    if (options.json !== undefined)
      writeFileSync(options.json, JSON.stringify({ machine, figures }, null, 2));
    console.log(
      Object.entries(machine)
        .map(([name, value]) => `${name}: ${value}`)
        .join('\n'),
    );
    console.log(table(results, options.programs.hbbr === undefined ? 'waystation' : 'hbbr'));
    return 0;
  } finally {
    for (const subject of subjects) subject.stop();
    stage.caller.stop();
    stage.callee.stop();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  console.error(USAGE);
  process.exitCode = 1;
}

import { parseArgs } from 'node:util';
import type { Programs } from './subjects.js';

/** What the command line asked for. */
export interface Options {
  readonly programs: Programs;
  readonly rounds: number;
  /** Scenarios whose name contains one of these texts; empty = all. */
  readonly only: readonly string[];
  /** Multiplies all durations and the number of idle pairs; 1 = as documented. */
  readonly seconds: number;
  /** Where subjects listen. Given: run right here instead of in a network of its own. */
  readonly address: string | undefined;
  readonly json: string | undefined;
}

export const USAGE = `usage: bench [--hbbr PATH] [--haproxy PATH] [--running NAME=PORT:PID]…
  [--rounds N (5)] [--seconds N (3, per scenario)] [--only TEXT]… [--json FILE] [--address IP]`;

/** @throws TypeError for an unknown option. */
export function parseOptions(argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      hbbr: { type: 'string' },
      haproxy: { type: 'string' },
      running: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
      only: { type: 'string', multiple: true, default: [] },
      json: { type: 'string' },
      address: { type: 'string' },
    },
  });
  const { hbbr, haproxy, running, only, json, address } = values;
  return {
    programs: { hbbr, haproxy, running },
    rounds: Math.min(20, Math.max(1, Number(values.rounds))),
    seconds: Math.min(30, Math.max(1, Number(values.seconds))),
    only,
    json,
    address,
  };
}

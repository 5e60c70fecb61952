import { reasonOf } from '@waystation/ops';

/** What a look consists of, in the order in which a failure is told: the first one counts. */
export const STEPS = [
  'resolve',
  'udp-register',
  'tcp',
  'secure-tcp',
  'nat-test',
  'punch',
  'relay-pair',
  'transfer',
  'ws-rendezvous',
  'ws-relay',
  'http',
] as const;

export type StepName = (typeof STEPS)[number];

/**
 * Why a step failed. `closed`: refused, so nobody listens there; `silent`: nothing came in time;
 * `foreign`: a server answered that is not this one; `refused`: this server said no; `broken`: it
 * answered, but not as it should.
 */
export type FaultKind = 'unresolved' | 'closed' | 'silent' | 'foreign' | 'refused' | 'broken';

/** A step that failed, with a few words on what was seen. */
export class StepFault extends Error {
  override readonly name = 'StepFault';

  constructor(
    readonly kind: FaultKind,
    message: string,
  ) {
    super(message);
  }
}

/** How one step went. */
export interface StepResult {
  readonly seconds: number;
  /** Undefined: it succeeded. */
  readonly fault: StepFault | undefined;
}

/** The steps that were tried; what needed a step that had failed is missing. */
export type LookResult = ReadonlyMap<StepName, StepResult>;

/** The first step that failed; undefined when all is well. */
export function failedStep(
  results: LookResult,
): { readonly step: StepName; readonly fault: StepFault } | undefined {
  for (const step of STEPS) {
    const fault = results.get(step)?.fault;
    if (fault !== undefined) return { step, fault };
  }
  return undefined;
}

/** Any error as a fault: what the system says about sockets and names is told apart. */
export function faultOf(error: unknown): StepFault {
  if (error instanceof StepFault) return error;
  const text = reasonOf(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ECONNREFUSED' || code === 'ECONNRESET') return new StepFault('closed', text);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return new StepFault('unresolved', text);
  const isSilence = /^(EHOSTUNREACH|ENETUNREACH|ETIMEDOUT)$/.test(code) || /within \d+/.test(text);
  return new StepFault(isSilence ? 'silent' : 'broken', text);
}

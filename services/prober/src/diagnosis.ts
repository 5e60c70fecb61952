import { failedStep, STEPS, type LookResult, type StepFault, type StepName } from './steps.js';
import type { Target } from './target.js';

/** What is wrong, told once for each `kind`. */
export interface Diagnosis {
  /** Same kind, same trouble: no new line in the log. */
  readonly kind: string;
  readonly step: StepName;
  /** Whole sentences with the remedy. */
  readonly words: string;
}

/** One look through the public address and, when that failed, one through the inside. */
export interface Looks {
  readonly target: Target;
  readonly outside: LookResult;
  readonly insideHost: string;
  /** Undefined when no way inside is known. */
  readonly inside: LookResult | undefined;
}

/** Steps that ask one port each, with who listens there. */
function portsOf({ ports }: Target): Partial<Record<StepName, { port: string; service: string }>> {
  const { main, api } = ports;
  const rendezvous = (port: string) => ({ port, service: 'rendezvous' });
  return {
    'udp-register': rendezvous(`UDP ${main}`),
    tcp: rendezvous(`TCP ${main}`),
    'nat-test': rendezvous(`TCP ${main - 1}`),
    'relay-pair': { port: `TCP ${main + 1}`, service: 'relay' },
    'ws-rendezvous': rendezvous(`TCP ${main + 2} (WebSocket)`),
    'ws-relay': { port: `TCP ${main + 3} (WebSocket)`, service: 'relay' },
    http: { port: `TCP ${api}`, service: 'api' },
  };
}

const isUnheard = (fault: StepFault | undefined): boolean =>
  fault?.kind === 'closed' || fault?.kind === 'silent';

/** True when any port of the address has answered anything. */
export function isReached(result: LookResult): boolean {
  return [...result].some(([step, { fault }]) => step !== 'resolve' && !isUnheard(fault));
}

/** What the looks say is wrong; undefined when all is well. Pure. */
export function diagnose(looks: Looks): Diagnosis | undefined {
  const failed = failedStep(looks.outside);
  if (failed === undefined) return undefined;
  const { step, fault } = failed;
  const { host } = looks.target;
  if (step === 'resolve') return unresolved(host, fault);
  const foreign = [...looks.outside].find(([, each]) => each.fault?.kind === 'foreign');
  if (foreign !== undefined) return elsewhere(host, foreign[0]);
  if (!isReached(looks.outside)) return unreached(looks, step);
  const unheard = STEPS.filter((name) => isUnheard(looks.outside.get(name)?.fault));
  if (unheard.length > 0) return closedPorts(looks, unheard);
  const words = `A client could not be served at ${host}, step ${step}: ${fault.message}. The log of the ${serviceOf(looks.target, step)} says more.`;
  return { kind: `${step} ${fault.kind}`, step, words };
}

function unresolved(host: string, fault: StepFault): Diagnosis {
  const words = `WAYSTATION_HOST is ${host}, and that name does not resolve (${fault.message}): no client finds this server. Correct WAYSTATION_HOST, or the name's record in the DNS.`;
  return { kind: 'unresolved', step: 'resolve', words };
}

function elsewhere(host: string, step: StepName): Diagnosis {
  const words = `WAYSTATION_HOST is ${host}, but another server answers there (step ${step}): clients with this server's key cannot use it. Correct WAYSTATION_HOST, its DNS record, or the port forwarding.`;
  return { kind: 'elsewhere', step, words };
}

function unreached({ target, inside, insideHost, outside }: Looks, step: StepName): Diagnosis {
  const { host } = target;
  const why = outside.get(step)?.fault?.message ?? '';
  if (inside === undefined) {
    const words = `Nothing answers at ${host} (${why}). Check that the services run, that WAYSTATION_HOST is this server's address, and that its ports are open.`;
    return { kind: 'unreached', step, words };
  }
  if (isReached(inside)) {
    const words = `Nothing answers at ${host} (${why}), though the services answer inside, at ${insideHost}. Either this network cannot reach its own public address from inside (no hairpin NAT), or WAYSTATION_HOST is another machine's address, or a firewall closes all ports. Try a client from outside; if that works, nothing is wrong and the prober goes on inside.`;
    return { kind: 'unreached-from-inside', step, words };
  }
  const words = `Nothing answers at ${host} (${why}), and nothing inside, at ${insideHost}, either: the services do not run. Look at their logs.`;
  return { kind: 'down', step, words };
}

function closedPorts(looks: Looks, unheard: readonly StepName[]): Diagnosis {
  const { target, inside, insideHost } = looks;
  const [step = 'tcp'] = unheard;
  const sentences = unheard.map((name) => {
    const place = portsOf(target)[name];
    const fault = looks.outside.get(name)?.fault;
    if (place === undefined) return `Step ${name}: ${fault?.message ?? ''}.`;
    const seen = `${place.port} does not answer at ${target.host} (${fault?.message ?? ''})`;
    if (inside === undefined) return `${seen}: open it, and check that the ${place.service} runs.`;
    return isUnheard(inside.get(name)?.fault)
      ? `${seen}, and not inside, at ${insideHost}, either: the ${place.service} is down. Look at its log.`
      : `${seen}, though the ${place.service} answers inside, at ${insideHost}: open this port in the firewall and the port forwarding.`;
  });
  return { kind: `closed ${unheard.join(' ')}`, step, words: sentences.join(' ') };
}

function serviceOf(target: Target, step: StepName): string {
  return portsOf(target)[step]?.service ?? (step === 'transfer' ? 'relay' : 'rendezvous');
}

import { lookup } from 'node:dns/promises';
import { insideHosts, type InsideHosts } from '@waystation/config';
import { openUdp, probeTcp, type UdpEndpoint } from '@waystation/net';
import { publicPorts, type AllSettings, type PublicPort } from '../settings.js';
import { about, type Finding } from './finding.js';

const { ok, fail } = about('ports');

const PROBE_MS = 4_000;
const ASKED_TIMES = 8;
/** RegisterPeer with the id that upstream keeps for its own test, and the answer "send your key". */
const QUESTION = Buffer.from('320f0a0d283a746573745f686262733a29', 'hex');
const ANSWER = Buffer.from('3a021001', 'hex');

/**
 * Asks every public port, from this machine: ours must answer, and nobody else may have it. Where the
 * services have names of their own (PROBE_INSIDE) they are asked there.
 */
export async function checkPorts(
  settings: AllSettings,
  running: ReadonlySet<string>,
): Promise<Finding[]> {
  const inside = insideHosts(settings.prober.inside);
  const host = settings.rendezvous.bind || '127.0.0.1';
  const hosts: InsideHosts = inside ?? { rendezvous: host, relay: host, api: host };
  const wanted = publicPorts(settings);
  const faults = await Promise.all(
    wanted.map(async (port) => {
      const isRunning = running.has(port.service);
      if (inside !== undefined && !isRunning) return undefined;
      return faultOf(
        port,
        isRunning,
        await answerOf(hosts[port.service], port, inside === undefined),
      );
    }),
  );
  const findings = faults.filter((text) => text !== undefined).map(fail);
  if (findings.length > 0) return findings;
  const names = wanted.map(({ kind, port }) => `${port}/${kind}`).join(' ');
  const runs = wanted.some(({ service }) => running.has(service));
  const where = inside === undefined ? 'on this machine' : `at ${settings.prober.inside}`;
  return [ok(`${names} ${runs ? `answer ${where}` : 'are free'}.`)];
}

type Answer = 'ours' | 'taken' | 'free';

/** A name that leads nowhere is an answer that does not come. */
async function answerOf(host: string, port: PublicPort, isHere: boolean): Promise<Answer> {
  if (port.kind === 'tcp') return asksTcp(host, port);
  if (isHere) return asksUdp(host, port.port);
  const found = await lookup(host, { order: 'ipv4first' }).catch(() => undefined);
  return found && (await answersDatagram(found.address, port.port)) ? 'ours' : 'free';
}

async function asksTcp(host: string, { port }: PublicPort): Promise<Answer> {
  return (await probeTcp(host, port, PROBE_MS)) ? 'ours' : 'free';
}

/** Ours answers a datagram; whoever does not and still has the port keeps us from opening it. */
async function asksUdp(host: string, port: number): Promise<Answer> {
  if (await answersDatagram(host, port)) return 'ours';
  try {
    const probe = await openUdp({ host: hostOrAll(host), port, reusePort: false }, () => undefined);
    await probe.close();
    return 'free';
  } catch {
    // somebody has it and does not speak our language
    return 'taken';
  }
}

function hostOrAll(host: string): string | undefined {
  return host === '127.0.0.1' ? undefined : host;
}

async function answersDatagram(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const endpoint: UdpEndpoint = await openUdp({ port: 0, reusePort: false }, (data) => {
    if (data.equals(ANSWER)) resolve(true);
  });
  const ask = (): void => endpoint.send(QUESTION, port, host);
  const timer = setInterval(ask, PROBE_MS / ASKED_TIMES);
  const end = setTimeout(() => resolve(false), PROBE_MS);
  ask();
  const answered = await promise;
  clearInterval(timer);
  clearTimeout(end);
  await endpoint.close();
  return answered;
}

function faultOf({ kind, port, service, setting }: PublicPort, runs: boolean, answer: Answer) {
  const name = `${kind.toUpperCase()} port ${port}`;
  const isOurs = answer === 'ours' && runs;
  if (isOurs || (answer === 'free' && !runs)) return undefined;
  if (answer === 'free') return `${name} does not answer though ${service} runs: see its log.`;
  return `${name} of ${service} is taken by another program: end that, or change ${setting}.`;
}

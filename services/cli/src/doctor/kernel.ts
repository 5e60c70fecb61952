import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { about, type Finding } from './finding.js';

const { ok, warn } = about('kernel');

/** Each connection is one open file; a relayed session has two. */
const FEW_FILES = 65_536;
/** Each device takes an entry, and an entry outlives a device that left by minutes. */
const FEW_CONNTRACK = 65_536;
const FULL_CONNTRACK = 0.8;

/** Looks at limits of the system; `proc` is where it tells them. */
export async function checkKernel(receiveBufferBytes: number, proc = '/proc'): Promise<Finding[]> {
  const findings = await Promise.all([
    openFiles(proc),
    receiveBuffer(proc, receiveBufferBytes),
    conntrack(proc),
  ]);
  const known = findings.filter((finding) => finding !== undefined);
  return known.length > 0 ? known : [warn('This system does not tell its limits.')];
}

async function openFiles(proc: string): Promise<Finding | undefined> {
  const limits = await textAt(proc, 'self/limits');
  const most = /^Max open files +\S+ +(\S+)/m.exec(limits)?.[1];
  if (most === undefined) return undefined;
  if (most === 'unlimited' || Number(most) >= FEW_FILES) return ok(`${most} open files.`);
  return warn(
    `Only ${most} open files, one for each connection: raise it ("ulimits: nofile" in Compose, LimitNOFILE= in systemd, ulimit -n in a shell) to ${FEW_FILES} or more.`,
  );
}

async function receiveBuffer(proc: string, wanted: number): Promise<Finding | undefined> {
  const most = Number(await textAt(proc, 'sys/net/core/rmem_max'));
  if (wanted === 0 || most === 0) return undefined;
  if (most >= wanted) return ok(`A UDP receive buffer of ${wanted} bytes.`);
  return warn(
    `RMEM asks for ${wanted} bytes and gets ${most}: sysctl -w net.core.rmem_max=${wanted}, or leave RMEM out.`,
  );
}

async function conntrack(proc: string): Promise<Finding | undefined> {
  const most = Number(await textAt(proc, 'sys/net/netfilter/nf_conntrack_max'));
  const now = Number(await textAt(proc, 'sys/net/netfilter/nf_conntrack_count'));
  if (most === 0) return undefined;
  const remedy = `sysctl -w net.netfilter.nf_conntrack_max=${Math.max(4 * most, 4 * FEW_CONNTRACK)}`;
  if (now > most * FULL_CONNTRACK) {
    return warn(
      `${now} of ${most} tracked connections are in use, then devices are lost: ${remedy}.`,
    );
  }
  if (most >= FEW_CONNTRACK) return ok(`${now} of ${most} tracked connections.`);
  return warn(`Only ${most} connections are tracked, one or two for each device: ${remedy}.`);
}

/** Empty where the system has no such file. */
async function textAt(proc: string, name: string): Promise<string> {
  return readFile(join(proc, name), 'utf8').catch(() => '');
}

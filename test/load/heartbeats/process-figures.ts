import { readFileSync, readdirSync } from 'node:fs';

/** CPU seconds (user and system) of a process, all threads that live now, exact to the nanosecond. */
export function cpuSeconds(pid: number): number {
  const threads = readdirSync(`/proc/${String(pid)}/task`);
  return threads.reduce((sum, thread) => sum + threadSeconds(pid, thread), 0);
}

function threadSeconds(pid: number, thread: string): number {
  try {
    const [ran = '0'] = readFileSync(`/proc/${String(pid)}/task/${thread}/schedstat`, 'utf8').split(
      ' ',
    );
    return Number(ran) / 1e9;
  } catch {
    // The thread ended between the two reads.
    return 0;
  }
}

/** Resident memory in bytes. */
export function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
}

/** Datagrams that the kernel dropped because the receive buffers of this UDP port were full. */
export function udpDrops(port: number): number {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const lines = ['udp', 'udp6'].flatMap((name) =>
    readFileSync(`/proc/net/${name}`, 'utf8').split('\n'),
  );
  const fields = lines.map((line) => line.trim().split(/\s+/));
  const own = fields.filter(([, local]) => local?.endsWith(`:${hexPort}`));
  return own.reduce((sum, line) => sum + Number(line.at(-1)), 0);
}

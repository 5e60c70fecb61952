import { createConnection } from 'node:net';
import { once } from 'node:events';

/** How often Redis has run each command since it started, by name. */
export async function commandCounts(port: number): Promise<Map<string, number>> {
  const text = await ask(port, 'INFO commandstats');
  const found = text.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm);
  return new Map([...found].map(([, name = '', calls]) => [name, Number(calls)]));
}

/** Calls between two readings, by command; those that did not happen are left out. */
export function difference(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): Record<string, number> {
  const rows = [...after].map(([name, calls]) => [name, calls - (before.get(name) ?? 0)] as const);
  // INFO is our own reading.
  return Object.fromEntries(rows.filter(([name, calls]) => calls > 0 && name !== 'info'));
}

async function ask(port: number, command: string): Promise<string> {
  const socket = createConnection({ host: '127.0.0.1', port });
  socket.setEncoding('utf8');
  socket.end(`${command}\r\nQUIT\r\n`);
  let text = '';
  socket.on('data', (chunk: string) => (text += chunk));
  await once(socket, 'close');
  return text;
}

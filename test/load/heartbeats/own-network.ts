import { spawnSync } from 'node:child_process';

const MARK = 'LOAD_OWN_NETWORK';
const SCRIPT = 'ip link set lo up && ulimit -n "$(ulimit -Hn)" && exec "$0" "$@"';

/**
 * Runs `main` in a network namespace that has nothing but loopback: no firewall that follows every
 * flow (the table of connections that a NAT rule switches on holds 262,144 by default, and a fleet
 * fills it for the whole machine), and nothing that others could reach. Needs root and `unshare`;
 * without them it runs right here and says so.
 */
export async function inOwnNetwork(main: () => Promise<void>): Promise<void> {
  const mayUnshare = process.getuid?.() === 0 && process.env[MARK] === undefined;
  if (mayUnshare && canUnshare()) {
    const command = [process.execPath, ...process.argv.slice(1)];
    const env = { ...process.env, [MARK]: '1' };
    const options = { stdio: 'inherit', env } as const;
    process.exitCode =
      spawnSync('unshare', ['--net', 'sh', '-c', SCRIPT, ...command], options).status ?? 1;
    return;
  }
  if (process.env[MARK] === undefined) {
    process.stderr.write('not root or no unshare: the load shares the network of this machine\n');
  }
  await main();
}

function canUnshare(): boolean {
  return spawnSync('unshare', ['--net', 'ip', 'link', 'set', 'lo', 'up']).status === 0;
}

import { spawnSync } from 'node:child_process';

/** An address outside 127/8, where hbbr takes every connection for its console. */
const OWN_ADDRESS = '10.77.0.1';

/**
 * Runs this program again inside a network namespace of its own that has a loopback device and
 * nothing else, and returns its exit code. There all of 10.77/16 is local, ports are plenty, and
 * nothing that is measured can be reached from outside. Needs root.
 */
export function runInOwnNetwork(argv: readonly string[]): number {
  const script = [
    'ip link set lo up',
    `ip addr add ${OWN_ADDRESS}/16 dev lo`,
    'sysctl -qw net.ipv4.ip_local_port_range="25000 65000" net.ipv4.tcp_tw_reuse=1',
    'sysctl -qw net.core.somaxconn=8192',
    'ulimit -n "$(ulimit -Hn)"',
    'exec "$0" "$@"',
  ].join(' && ');
  const command = [process.execPath, ...argv, '--address', OWN_ADDRESS];
  const { status, error } = spawnSync('unshare', ['--net', 'sh', '-c', script, ...command], {
    stdio: 'inherit',
  });
  if (error !== undefined) throw error;
  return status ?? 1;
}

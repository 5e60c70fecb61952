const FAILED_EVERY = 5;
const USERS = 400;
/** So far apart that a hundred thousand records fill a month and more. */
const APART_MS = 30_000;

/** Device number `n` with its sysinfo; always the same. */
export function deviceOf(n: number) {
  return {
    id: String(100_000_000 + n * 37),
    uuid: Buffer.from(`machine-${String(n)}`).toString('base64'),
    hostname: `pc-${String(n)}`,
    username: `user-${String(n % USERS)}`,
    os: 'windows / Windows 11 Pro - 11 (22631)',
    cpu: 'Intel(R) Core(TM) i7-8650U CPU, 2.06GHz, 8/4 cores',
    memory: '15.87GB',
    version: '1.4.9',
  };
}

/** A record of the stream `attempts`; every fifth one failed. */
export function attemptOf(n: number, devices: number): object {
  const failed = n % FAILED_EVERY === 0;
  return {
    kind: 'attempt',
    attempt: nameOf(n),
    asked: 'punch',
    outcome: failed ? 'offline' : 'relay',
    startedAt: beganAt(n),
    tookMs: 40,
    callerIp: `198.51.100.${String(n % 250)}`,
    callerTransport: 'tcp',
    callee: deviceOf(n % devices).id,
    calleeIp: '203.0.113.7',
    user: `guid-${String(n % USERS)}`,
    userName: `user-${String(n % USERS)}`,
    uuid: failed ? '' : uuidOf(n),
    replica: 'rendezvous-1',
    steps: [
      ['found', 1],
      ['pushed', 2],
    ],
  };
}

/** A record of the stream `sessions`. */
export function sessionOf(n: number, devices: number): object {
  const leg = { ip: '203.0.113.7', transport: 'tcp', sentBytes: n * 11 };
  return {
    session: uuidOf(n),
    attempt: nameOf(n),
    uuid: uuidOf(n),
    replica: 'relay-1',
    started: beganAt(n),
    ended: beganAt(n) + 20_000,
    bytes: n * 22,
    reason: 'closed',
    legs: [
      { ...leg, role: 'caller', id: '' },
      { ...leg, role: 'callee', id: deviceOf(n % devices).id },
    ],
  };
}

function nameOf(n: number): string {
  return n.toString(16).padStart(16, '0');
}

function uuidOf(n: number): string {
  return `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
}

function beganAt(n: number): number {
  return Date.UTC(2026, 9, 1) + n * APART_MS;
}

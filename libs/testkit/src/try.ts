import { parseArgs } from 'node:util';
import { CallFailed } from './call-failed.js';
import { Caller } from './caller.js';
import { Device } from './device.js';
import { exchangeBulk } from './bulk.js';
import { onlineStates, testNat } from './queries.js';
import { parseHostPort, type ServerAddress } from './server-address.js';

const DEFAULT_PORT = 21116;
const BULK_BYTES = 1024 * 1024;

const USAGE = `Registers a device at a RustDesk server, connects to it, and tells what happened.

  node libs/testkit/dist/try.js --server HOST[:PORT] [--key KEY] [--ws] [--relay] [--token TOKEN]

  --server  address of the server; the port is the main one (default ${String(DEFAULT_PORT)})
  --key     the server's public key, as in the client's settings
  --ws      speak WebSocket, as clients with allow-websocket do
  --relay   do not try to connect directly
  --token   an API access token: play a client that is logged in
`;

interface Trial {
  readonly server: ServerAddress;
  readonly key: string;
  readonly ws: boolean;
  readonly relay: boolean;
  readonly token: string;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function readTrial(): Trial | undefined {
  const { values } = parseArgs({
    options: {
      server: { type: 'string' },
      key: { type: 'string', default: '' },
      ws: { type: 'boolean', default: false },
      relay: { type: 'boolean', default: false },
      token: { type: 'string', default: '' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help || values.server === undefined) return undefined;
  return { ...values, server: parseHostPort(values.server, DEFAULT_PORT) };
}

/** Registers, asks, calls and moves bytes; returns true when all of it worked. */
async function attempt(trial: Trial): Promise<boolean> {
  const { server, key, ws, relay, token } = trial;
  const stream = ws ? 'ws' : 'tcp';
  const device = new Device({ server, key, narrate: say, transport: ws ? 'ws' : 'udp' });
  const caller = new Caller({
    server,
    key,
    narrate: say,
    transport: stream,
    forceRelay: relay,
    ...(token === '' ? {} : { token }),
  });
  try {
    await device.start();
    if (!ws) await describeNat(server);
    const [online] = await onlineStates(server, [device.id], { transport: stream });
    say(`the server says that device ${device.id} is ${online === true ? 'online' : 'offline'}`);
    const [mine, theirs] = await Promise.all([caller.connect(device.id), device.session()]);
    const ways = await exchangeBulk(mine.leg, theirs.leg, BULK_BYTES);
    const intact = ways.every(({ sent, received }) => sent.sha256 === received.sha256);
    say(`1 MiB went each way and arrived ${intact ? 'intact' : 'DAMAGED'}`);
    if (!mine.verified) say('no proof of the device: give --key, or look at KEY on the server');
    return intact;
  } finally {
    caller.stop();
    device.stop();
  }
}

async function describeNat(server: ServerAddress): Promise<void> {
  const { local, onMain, onSecond } = await testNat(server);
  const kind = onMain === onSecond ? 'the same, so direct connections are possible' : 'another one';
  say(`my port ${String(local)} is seen as ${String(onMain)}, on the second port as ${kind}`);
}

/** The trial the command line asks for; undefined when it makes no sense. */
function readTrialOrNothing(): Trial | undefined {
  try {
    return readTrial();
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

async function main(): Promise<void> {
  const trial = readTrialOrNothing();
  if (!trial) {
    say(USAGE);
    process.exitCode = 2;
    return;
  }
  try {
    process.exitCode = (await attempt(trial)) ? 0 : 1;
  } catch (error) {
    const reason = error instanceof CallFailed ? ` (${error.reason})` : '';
    say(`failed${reason}: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}

await main();
// Whoever still waits, such as the device for a session that failed, waits for nothing now.
process.exit();

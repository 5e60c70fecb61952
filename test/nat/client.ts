// One computer with a RustDesk client, started inside a namespace: a device, and a caller of others.
import { NatType } from '@waystation/wire';
import { Caller, Device, testNat } from '@waystation/testkit';
import { serveLines } from './program.js';

interface Settings {
  readonly host: string;
  readonly port: number;
  readonly key: string;
  readonly from: string;
}

let settings: Settings | undefined;
let natType: number = NatType.UNKNOWN_NAT;
let device: Device | undefined;

async function register(given: Settings): Promise<object> {
  settings = given;
  const { from, key } = given;
  const { onMain, onSecond } = await testNat(given, { from });
  natType = onMain === onSecond ? NatType.ASYMMETRIC : NatType.SYMMETRIC;
  device = new Device({ server: given, key, from, natType });
  await device.start(8_000);
  void echo(device);
  return { id: device.id, nat: natType === NatType.SYMMETRIC ? 'hard' : 'easy' };
}

/** Sends back what every caller sends, until the process ends. */
async function echo(callee: Device): Promise<void> {
  for (;;) {
    const { leg } = await callee.session(600_000);
    leg
      .receive()
      .then((said) => said && leg.send(said))
      .catch((error: unknown) => {
        callee.fault(error);
      });
  }
}

async function call(id: string): Promise<object> {
  if (!settings) throw new Error('register first');
  const { from, key } = settings;
  const caller = new Caller({ server: settings, key, from, natType });
  try {
    const { leg, path, encrypted } = await caller.connect(id);
    await leg.send(Buffer.from('there and back'));
    const heard = String(await leg.receive(5_000));
    return { path, whole: encrypted && heard === 'there and back' };
  } finally {
    caller.stop();
  }
}

await serveLines(async (request) => {
  if ('id' in request) return call(String(request['id']));
  return register(request as unknown as Settings);
});
process.exit();

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { Device, until, type Replica, type Stack } from '@waystation/testkit';
import { Forwarding } from './testing/forwarding.js';
import {
  addProber,
  linesOf,
  looksSucceed,
  startServer,
  stepsOf,
  warning,
  warningsOf,
} from './testing/probing.js';

const PUBLIC = '127.0.0.2';

describe('what an operator is told', () => {
  let stack: Stack;
  let prober: Replica | undefined;
  let way = new Forwarding(PUBLIC);
  let ports: Record<'api' | 'nat' | 'main' | 'relay' | 'ws' | 'wsRelay', number>;

  before(async () => {
    stack = await startServer({ env: { BIND: '127.0.0.1', WAYSTATION_HOST: PUBLIC } });
    const { port } = stack.server();
    ports = {
      api: port - 2,
      nat: port - 1,
      main: port,
      relay: port + 1,
      ws: port + 2,
      wsRelay: port + 3,
    };
  });
  afterEach(async () => {
    way.close();
    way = new Forwarding(PUBLIC);
    await prober?.stop();
  });
  after(() => stack.stop());

  const open = async (...closed: (keyof typeof ports)[]): Promise<void> => {
    const all = Object.entries(ports).filter(([name]) => !closed.some((one) => one === name));
    await way.tcp(...all.map(([, port]) => port));
  };

  test('a closed relay port: which one, once, and when it is open again', async () => {
    await open('relay');
    await way.datagrams(ports.main);
    prober = await addProber(stack);
    const { message, step } = await warning(prober, /TCP/);
    assert.equal(step, 'relay-pair');
    assert.match(message, new RegExp(`TCP ${String(ports.relay)} does not answer at ${PUBLIC}`));
    assert.match(message, /the relay answers inside, at 127\.0\.0\.1: open this port/);
    assert.doesNotMatch(message, /WebSocket/);
    const looks = await prober.metric('prober_looks_total');
    const running = prober;
    await until(async () => (await running.metric('prober_looks_total')) > looks + 2, {
      timeoutMs: 60_000,
      what: 'more looks',
    });
    assert.deepEqual(
      warningsOf(prober).map(({ message: m }) => m),
      [message],
    );
    await way.tcp(ports.relay);
    await looksSucceed(prober);
    assert.equal(linesOf(prober).filter(({ message: m }) => /can be used again/.test(m)).length, 1);
    assert.deepEqual(
      warningsOf(prober).map(({ message: m }) => m),
      [message],
    );
  });

  test('a closed UDP port, while TCP is open', async () => {
    await open();
    prober = await addProber(stack);
    const { message, step } = await warning(prober, /UDP/);
    assert.equal(step, 'udp-register');
    assert.match(message, new RegExp(`UDP ${String(ports.main)} does not answer at ${PUBLIC}`));
    assert.match(message, /the rendezvous answers inside/);
    const steps = await stepsOf(prober);
    assert.equal(steps['udp-register'], 0);
    assert.equal(steps['http'], 1);
    assert.ok(!('punch' in steps), 'what needs the registration was not tried');
  });

  test('two closed WebSocket ports and the api', async () => {
    await open('ws', 'wsRelay', 'api');
    await way.datagrams(ports.main);
    prober = await addProber(stack);
    const { message } = await warning(prober, /WebSocket/);
    for (const port of [ports.ws, ports.wsRelay, ports.api])
      assert.match(message, new RegExp(`TCP ${String(port)} `));
    assert.equal((await stepsOf(prober))['transfer'], 1);
  });

  test('no port is reached from inside: that may be the way there, and the services stay watched', async () => {
    prober = await addProber(stack);
    const { message } = await warning(prober, /hairpin/);
    assert.match(message, /the services answer inside, at 127\.0\.0\.1/);
    assert.match(message, /Try a client from outside/);
    assert.equal(await prober.metric('prober_reached', 'way="public"'), 0);
    assert.equal(await prober.metric('prober_reached', 'way="inside"'), 1);
    assert.equal((await stepsOf(prober))['transfer'], 1);
    await looksSucceed(prober);
  });

  test('each service has a name of its own inside, as in a cluster', async () => {
    await open('relay', 'api');
    await way.datagrams(ports.main);
    prober = await addProber(stack, { PROBE_INSIDE: 'localhost,127.0.0.1,localhost' });
    const { message } = await warning(prober, /TCP/);
    for (const service of ['relay', 'api'])
      assert.match(message, new RegExp(`the ${service} answers inside, at localhost, 127`));
    assert.equal((await stepsOf(prober))['http'], 0);
  });

  test('a name that does not resolve', async () => {
    prober = await addProber(stack, { WAYSTATION_HOST: 'nowhere.invalid' });
    const { message, step } = await warning(prober, /resolve/);
    assert.equal(step, 'resolve');
    assert.match(message, /WAYSTATION_HOST is nowhere\.invalid/);
    assert.deepEqual(await stepsOf(prober), { resolve: 0 });
  });

  test('a name that leads to another server', async (t) => {
    const other = await startServer();
    t.after(() => other.stop());
    prober = await addProber(stack, {
      WAYSTATION_HOST: '127.0.0.1',
      PROBE_INSIDE: '',
      PORT: String(other.server().port),
    });
    const { message } = await warning(prober, /another server/);
    assert.match(message, /WAYSTATION_HOST is 127\.0\.0\.1/);
  });

  test('no public name at all', async () => {
    prober = await addProber(stack, { WAYSTATION_HOST: '' });
    await warning(prober, /WAYSTATION_HOST is not set/);
    await looksSucceed(prober);
    assert.equal(await prober.metric('prober_notice', 'notice="no-host"'), 1);
    const metrics = await prober.metrics();
    assert.doesNotMatch(metrics, /prober_reached\{way="public"\}/);
  });

  test('all devices appear behind the gateway of our network', async (t) => {
    await open();
    await way.datagrams(ports.main);
    const server = stack.server();
    const device = new Device({ server, key: stack.key, from: '127.9.9.9' });
    t.after(() => device.stop());
    await device.start();
    prober = await addProber(stack, { GATEWAY_ADDRESSES: '127.9.9.9' });
    const { message } = await warning(prober, /gateway/);
    assert.match(message, /All registered devices appear at 127\.9\.9\.9/);
    assert.equal(await prober.metric('prober_notice', 'notice="gateway"'), 1);
  });

  test('a relay that was killed is told from a closed port', async () => {
    await open();
    await way.datagrams(ports.main);
    prober = await addProber(stack);
    await looksSucceed(prober);
    const [relay] = stack.relays;
    assert.ok(relay);
    await stack.kill(relay);
    const { message } = await warning(prober, /relay is down/);
    assert.match(message, /not inside, at 127\.0\.0\.1, either/);
    await stack.add('relay');
    await looksSucceed(prober);
  });
});

// The image's health check: this replica says that it is ready, and its service answers on the wire.
// In a shared network any replica of the service may answer the second question; the first one goes
// to this container's own process. With the argument "serving" what all replicas share, such as Redis,
// is left out: for an orchestrator that ends what is not healthy.
import { readFileSync, readdirSync } from 'node:fs';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { apiSettings, readConfig, relaySettings, rendezvousSettings } from '@waystation/config';

const LIMIT_MS = 5000;
const LOOPBACK = '127.0.0.1';

/** RegisterPeer with the id that upstream reserves for self tests, and the answer "send your key". */
const REGISTER_PEER = Buffer.from('320f0a0d283a746573745f686262733a29', 'hex');
const REQUEST_PK = Buffer.from('3a021001', 'hex');
/** A frame with an empty TestNatRequest, and the first bytes of the answer's payload. */
const TEST_NAT_FRAME = Buffer.from('0ca20100', 'hex');
const TEST_NAT_RESPONSE = Buffer.from('aa01', 'hex');

const exchanges = {
  registry: async () => undefined,
  prober: async () => undefined,
  rendezvous: async () => {
    const { port } = readConfig(rendezvousSettings, { argv: [] });
    await Promise.all([udpRegistration(port), natTest(port), natTest(port - 1)]);
  },
  relay: async () => {
    const { port } = readConfig(relaySettings, { argv: [] });
    await Promise.all([opens(port), opens(port + 2)]);
  },
  api: async () => {
    const { port } = readConfig(apiSettings, { argv: [] });
    await page(`http://${LOOPBACK}:${port}/healthz`);
  },
};

/** The facts that the container's one service wrote down at its start. */
function ownFacts() {
  const folder = process.env.RUN_DIR ?? '/run/waystation';
  const name = readdirSync(folder).find((file) => file.endsWith('.json'));
  if (name === undefined) throw new Error('the service has not started');
  return JSON.parse(readFileSync(`${folder}/${name}`, 'utf8'));
}

async function page(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(LIMIT_MS) });
  if (!response.ok) throw new Error(`${url} answers ${response.status}: ${await response.text()}`);
}

/** UDP may lose a datagram, so it is asked a few times. */
function udpRegistration(port) {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    const ask = () => socket.send(REGISTER_PEER, port, LOOPBACK);
    const timer = setInterval(ask, LIMIT_MS / 5);
    const done = (settle, value) => {
      clearInterval(timer);
      socket.close();
      settle(value);
    };
    socket.on('error', (error) => done(reject, error));
    socket.on('message', (answer) => {
      if (answer.equals(REQUEST_PK)) done(resolve);
      else done(reject, new Error(`UDP ${port} answers ${answer.toString('hex')}`));
    });
    ask();
  });
}

/** The payload follows a header of 1 to 4 bytes whose lowest two bits say how many. */
function natTest(port) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, LOOPBACK, () => socket.write(TEST_NAT_FRAME));
    let heard = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      heard = Buffer.concat([heard, chunk]);
      const headerBytes = (heard[0] & 3) + 1;
      if (heard.length < headerBytes + TEST_NAT_RESPONSE.length) return;
      socket.destroy();
      if (heard.subarray(headerBytes).indexOf(TEST_NAT_RESPONSE) === 0) resolve();
      else reject(new Error(`TCP ${port} answers ${heard.toString('hex')}`));
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`TCP ${port} closes without an answer`)));
  });
}

function opens(port) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, LOOPBACK, () => {
      socket.destroy();
      resolve();
    });
    socket.on('error', reject);
  });
}

setTimeout(() => fail(new Error('no answer in time')), LIMIT_MS);

function fail(error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}

try {
  const { service, opsHost, opsPort } = ownFacts();
  const host = ['0.0.0.0', '::'].includes(opsHost) ? LOOPBACK : opsHost;
  const question = process.argv[2] === 'serving' ? 'serving' : 'readyz';
  await page(`http://${host}:${opsPort}/${question}`);
  await exchanges[service]();
  process.exit(0);
} catch (error) {
  fail(error);
}

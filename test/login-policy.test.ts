import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  type Device,
  type Stack,
  CallFailed,
  freePort,
  startStack,
  until,
} from '@waystation/testkit';
import { Operator, type Row } from './scenarios/operator.js';
import { meet, Stage } from './scenarios/stage.js';

const LIMIT = { timeout: 120_000 };
const PASSWORD = 'a password of some length';

/** A stack with an api and two rendezvous replicas, and people and clients on it. */
class Place {
  private constructor(
    readonly stack: Stack,
    readonly stage: Stage,
    readonly admin: Operator,
    private readonly apiPort: number,
  ) {}

  /** What is started is put among the endings. */
  static async open(
    mustLogin: 'optional' | 'required',
    endings: AsyncDisposableStack,
  ): Promise<Place> {
    const apiPort = await freePort();
    const serviceEnv = { api: { API_PORT: String(apiPort) } };
    const env = { MUST_LOGIN: mustLogin };
    const stack = await startStack({ rendezvous: 2, serviceEnv, env });
    endings.defer(() => stack.stop());
    const admin = await Operator.ofNewApi(stack, apiPort);
    const server = stack.server(0);
    const stage = new Stage(stack, { callee: server, answer: server, caller: server });
    endings.defer(() => stage.clear());
    return new Place(stack, stage, admin, apiPort);
  }

  async addUser(name: string): Promise<string> {
    const { guid } = (await this.admin.post('/api/users', { name, password: PASSWORD })) as Row;
    return String(guid);
  }

  signIn(name: string): Promise<Operator> {
    return new Operator(this.apiPort).signIn(PASSWORD, name);
  }

  /** What a caller is told at a replica: `connected`, or the text of the refusal. */
  async outcome(replica: number, device: Device, token: string): Promise<string> {
    const caller = this.stage.caller({ server: this.stack.server(replica), token });
    try {
      const { leg } = await caller.connect(device.id);
      leg.close();
      return 'connected';
    } catch (error) {
      if (error instanceof CallFailed) return error.message;
      throw error;
    } finally {
      caller.stop();
    }
  }

  /** Both replicas come to say the same. */
  async becomes(expected: RegExp, device: Device, token: string): Promise<void> {
    for (const replica of [0, 1]) {
      const isSo = async (): Promise<boolean> =>
        expected.test(await this.outcome(replica, device, token));
      const what = `${String(expected)} at replica ${replica}`;
      await until(isSo, { what, timeoutMs: 30_000, everyMs: 300 });
    }
  }
}

describe('a login is demanded, from the api to two rendezvous replicas', () => {
  let place: Place;
  let device: Device;
  const endings = new AsyncDisposableStack();

  before(async () => {
    place = await Place.open('required', endings);
    device = await place.stage.device();
  });
  after(() => endings.disposeAsync());

  test(
    '[A97] nobody without a good login connects, by a punch or a relay request',
    LIMIT,
    async () => {
      for (const replica of [0, 1]) {
        const anonymous = await place.outcome(replica, device, '');
        assert.match(anonymous, /log in.*not allowed.*\(login-required [0-9a-f]{16}\)/);
        for (const forged of ['wsu_forged', 'a.token.of-another-server']) {
          assert.match(await place.outcome(replica, device, forged), /login-over/);
        }
        const server = place.stack.server(replica);
        const round = place.stage.caller({ server, token: 'wsu_forged' });
        await assert.rejects(round.viaRelay(device.id, '', undefined), /login-over/);
      }
    },
  );

  test('who is logged in talks, directly and over a relay, until he logs out', LIMIT, async () => {
    await place.addUser('anna');
    const anna = await place.signIn('anna');
    for (const forceRelay of [false, true]) {
      const server = place.stack.server(forceRelay ? 1 : 0);
      const caller = place.stage.caller({ server, token: anna.token, forceRelay });
      const [mine, theirs] = await meet(caller, device);
      assert.equal(mine.path, forceRelay ? 'relay' : 'direct');
      await mine.leg.send(Buffer.from('ping'));
      assert.equal(String(await theirs.leg.receive()), 'ping');
      await theirs.leg.send(Buffer.from('pong'));
      assert.equal(String(await mine.leg.receive()), 'pong');
      mine.leg.close();
    }
    await anna.post('/api/logout', { id: '', uuid: '' });
    await place.becomes(/log out and log in again.*login-over/, device, anna.token);
  });

  test('a disabled user is out, and in again with a new login only', LIMIT, async () => {
    const guid = await place.addUser('bert');
    const before = await place.signIn('bert');
    await place.becomes(/^connected$/, device, before.token);
    await place.admin.post(`/api/users/${guid}/disable`);
    await place.becomes(/login-over/, device, before.token);
    await place.admin.post(`/api/users/${guid}/enable`);
    await place.becomes(/login-over/, device, before.token);
    await place.becomes(/^connected$/, device, (await place.signIn('bert')).token);
  });

  test('with Redis gone nobody new comes in; it recovers by itself', LIMIT, async (t) => {
    await place.addUser('cora');
    const { token } = await place.signIn('cora');
    place.stack.redis.pause();
    t.after(() => place.stack.redis.resume());
    const refused = await place.outcome(0, device, token);
    place.stack.redis.resume();
    assert.match(refused, /state-away|look this up|Failed to connect|nothing came|secure/i);
    await place.becomes(/^connected$/, device, token);
  });
});

describe('a login is optional', () => {
  let place: Place;
  const endings = new AsyncDisposableStack();
  before(async () => (place = await Place.open('optional', endings)));
  after(() => endings.disposeAsync());

  test('[A97] nobody needs a login, but one that is over is refused', LIMIT, async () => {
    const device = await place.stage.device();
    await place.becomes(/^connected$/, device, '');
    await place.addUser('dirk');
    const dirk = await place.signIn('dirk');
    await place.becomes(/^connected$/, device, dirk.token);
    await dirk.post('/api/logout', { id: '', uuid: '' });
    await place.becomes(/login-over/, device, dirk.token);
  });
});

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { demangleAddress, NatType, type MessageName, type Messages } from '@waystation/wire';
import { exchangeBulk, hear, tell, type Device } from '@waystation/testkit';
import { meet, type Scenario } from './stage.js';

/** The one push that the device got, which has to be a `name`. */
function onlyPush<N extends MessageName>(device: Device, name: N): Messages[N] {
  const [push, ...more] = device.pushes;
  assert.equal(push?.name, name);
  assert.equal(more.length, 0, 'the device was pushed more than once');
  return push.value as Messages[N];
}

const PRIVATE_IP = '192.168.77.5';

export const directScenarios: readonly Scenario[] = [
  {
    title: 'two networks: a direct session, encrypted with a key the server signed [P81] [P85]',
    run: async (stage) => {
      const device = await stage.device();
      const caller = stage.caller({ natType: NatType.ASYMMETRIC });
      const [mine, theirs] = await meet(caller, device);
      assert.equal(mine.path, 'direct');
      assert.ok(mine.verified && mine.encrypted && theirs.encrypted);
      const push = onlyPush(device, 'punchHole');
      assert.equal(demangleAddress(push.socketAddr)?.ip, caller.options.from);
      assert.equal(push.natType, NatType.ASYMMETRIC);
      assert.ok(stage.relayAddresses.includes(push.relayServer), push.relayServer);
      for (const { sent, received } of await exchangeBulk(mine.leg, theirs.leg, 300_000)) {
        assert.deepEqual(received, sent);
      }
    },
  },
  {
    title: 'two networks, both with UDP punching on: a direct session over UDP [P93]',
    run: async (stage) => {
      const device = await stage.device();
      const caller = stage.caller({ natType: NatType.ASYMMETRIC, udpPunch: true });
      const [mine, theirs] = await meet(caller, device);
      assert.deepEqual([mine.path, theirs.path], ['udp', 'udp']);
      assert.ok(mine.verified && mine.encrypted && theirs.encrypted);
      assert.equal(onlyPush(device, 'punchHole').udpPort, mine.leg.local.port);
      for (const [from, to] of [
        [mine.leg, theirs.leg],
        [theirs.leg, mine.leg],
      ] as const) {
        const said = randomBytes(1000);
        await from.send(said);
        assert.deepEqual(await to.receive(5_000), said);
      }
    },
  },
  {
    title: 'one network: the two meet by the private address [P82] [P86]',
    run: async (stage) => {
      const from = stage.newAddress();
      const device = await stage.device({ from, announceIp: PRIVATE_IP });
      const seen: string[] = [];
      const route = ({ ip, port }: { ip: string; port: number }) => {
        seen.push(ip);
        return { ip: from, port };
      };
      const [mine, theirs] = await meet(stage.caller({ from, route }), device);
      assert.equal(mine.path, 'lan');
      assert.ok(mine.verified && mine.encrypted && theirs.encrypted);
      assert.deepEqual(seen, [PRIVATE_IP]);
      onlyPush(device, 'fetchLocalAddr');
    },
  },
  {
    title: 'a logged-in client gets its secure channel and its session [P46] [A98]',
    run: async (stage) => {
      const device = await stage.device();
      const caller = stage.caller({ token: 'an-access-token' });
      const leg = await caller.openSignalling();
      assert.ok(leg.secured, 'no key exchange was offered');
      leg.close();
      const [mine] = await meet(caller, device);
      assert.equal(mine.path, 'direct');
      assert.ok(mine.verified);
    },
  },
  {
    title: 'a client that first was silent and then asks in plain text is served [P39]',
    run: async (stage) => {
      const device = await stage.device();
      const caller = stage.caller({ token: 'an-access-token' });
      const leg = await stage.dialCaller();
      const offer = await hear(leg, 5_000);
      assert.equal(offer.name, 'keyExchange');
      await tell(leg, 'punchHoleRequest', caller.punchRequest(device.id));
      const answer = await hear(leg);
      assert.equal(answer.name, 'punchHoleResponse');
    },
  },
];

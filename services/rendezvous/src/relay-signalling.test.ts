import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { closeRedis, openRedis, Tickets } from '@waystation/state';
import { tell, until } from '@waystation/testkit';
import { demangleAddress } from '@waystation/wire';
import { Bench, expectMessage, expectPush } from './testing/harness.js';

const UUID = '0f8fad5b-d9cb-469f-a165-70867728950e';

const topologies = [
  { name: 'one replica', replicas: 1, caller: 0, callee: 0, answer: 0 },
  { name: 'three replicas', replicas: 3, caller: 1, callee: 0, answer: 2 },
];

for (const { name, replicas, caller, callee, answer } of topologies) {
  describe(`relay signalling, ${name}`, { concurrency: false }, () => {
    let bench: Bench;
    before(async () => {
      bench = await Bench.start(replicas, { RELAY_SERVERS: 'relay.example.com' });
    });
    afterEach(() => bench.closing.all());
    after(() => bench.stop());

    test('[P97] [P101] RequestRelay reaches the callee without what is none of its business', async () => {
      const device = await bench.device(callee);
      const leg = await bench.leg(caller);
      await tell(leg, 'requestRelay', {
        id: device.id,
        uuid: UUID,
        relayServer: 'relay.example.com:' + String(bench.stack.server(caller).port + 1),
        secure: true,
        token: 'a-token',
        licenceKey: 'a-key',
        switchCode: 'a-code',
        controlPermissions: { permissions: 66n },
        controlledContext: { connAuditRef: 'ref' },
      });
      const push = await expectPush(device, 'requestRelay');
      assert.deepEqual(demangleAddress(push.socketAddr), leg.local);
      assert.equal(push.uuid, UUID);
      assert.match(push.relayServer, /^relay\.example\.com:/);
      assert.equal(push.secure, true);
      assert.equal(push.token + push.licenceKey + push.switchCode, '');
      assert.equal(push.controlPermissions, undefined);
      assert.equal(push.controlledContext, undefined);

      const { socketAddr } = push;
      await bench.answer(answer, 'relayResponse', { socketAddr, version: '1.4.9' });
      const response = await expectMessage(leg, 'relayResponse');
      assert.equal(response.uuid, '');
      assert.equal(response.pk?.length ?? 0, 0);
      assert.equal(response.refuseReason, '');
      assert.equal(response.version, '1.4.9');
    });

    test('[A89] a callee that understands it learns which attempt a session comes from', async () => {
      const device = await bench.device(callee);
      const leg = await bench.leg(caller);
      await bench.punch(leg, device.id);
      const { socketAddr, controlledContext } = await expectPush(device, 'punchHole');
      assert.match(controlledContext?.connAuditRef ?? '', /^[0-9a-f]{16}$/);
      const sent = { socketAddr, id: device.id, natType: 1, version: '1.4.9' };
      await bench.answer(answer, 'punchHoleSent', sent);
      await expectMessage(leg, 'punchHoleResponse');
      const second = await bench.leg(caller, leg.local.ip);
      const forged = { controlledContext: { connAuditRef: 'ref' } };
      await tell(second, 'requestRelay', { id: device.id, uuid: UUID, ...forged });
      const relayed = await expectPush(device, 'requestRelay', 2);
      const reference = relayed.controlledContext?.connAuditRef ?? '';
      assert.match(reference, /^[0-9a-f]{16}$/);
      assert.notEqual(reference, controlledContext?.connAuditRef);
    });

    test('[P98] an unknown, an offline callee and a malformed uuid are refused at once', async () => {
      const device = await bench.device(callee, { transport: 'ws' });
      device.stop();
      const leg = await bench.leg(caller);
      await tell(leg, 'requestRelay', { id: 'nobody', uuid: UUID });
      assert.match((await expectMessage(leg, 'relayResponse', 1000)).refuseReason, /not exist/);
      const second = await bench.leg(caller);
      await tell(second, 'requestRelay', { id: device.id, uuid: UUID });
      assert.match((await expectMessage(second, 'relayResponse', 1000)).refuseReason, /offline/);
      const third = await bench.leg(caller);
      await tell(third, 'requestRelay', { id: device.id, uuid: 'x'.repeat(65) });
      assert.match((await expectMessage(third, 'relayResponse', 1000)).refuseReason, /not allowed/);
    });

    test('every relay uuid that passes gets its ticket, whoever chose it, and no other one', async () => {
      const redis = openRedis(bench.stack.redis.url, 'test');
      bench.closing.add(redis, closeRedis);
      await until(() => redis.status === 'ready');
      const tickets = new Tickets(redis);
      const device = await bench.device(callee);
      const leg = await bench.leg(caller);
      await tell(leg, 'requestRelay', { id: device.id, uuid: 'by-the-caller' });
      await expectPush(device, 'requestRelay');
      const ticket = await until(() => tickets.find('by-the-caller'), { what: 'the ticket' });
      assert.equal(ticket.callee, device.id);
      assert.match(ticket.caller, /^127\.64\.\d+\.\d+:\d+$/);

      const other = await bench.leg(caller);
      await bench.punch(other, device.id);
      const { socketAddr } = await expectPush(device, 'punchHole', 2);
      const response = { uuid: 'by-the-callee', id: device.id, version: '1.4.9' };
      const forged = { ...response, socketAddr: Buffer.concat([socketAddr, socketAddr]) };
      await bench.answer(answer, 'relayResponse', { ...forged, uuid: 'by-a-stranger' });
      await bench.answer(answer, 'relayResponse', { ...response, socketAddr });
      await expectMessage(other, 'relayResponse');
      await until(() => tickets.find('by-the-callee'), { what: 'the ticket' });
      assert.equal(await tickets.find('by-a-stranger'), undefined);
    });

    test('a relay is passed on if it is ours or the callee named it to this caller, else refused', async () => {
      const device = await bench.device(callee);
      const leg = await bench.leg(caller);
      const relayServer = 'own-relay.example.net:4000';
      const early = await bench.leg(caller, leg.local.ip);
      await tell(early, 'requestRelay', { id: device.id, uuid: UUID, relayServer });
      assert.match((await expectMessage(early, 'relayResponse')).refuseReason, /not allowed/);

      await bench.punch(leg, device.id);
      const { socketAddr } = await expectPush(device, 'punchHole');
      const sent = { socketAddr, id: device.id, natType: 1, version: '1.4.9', relayServer };
      await bench.answer(answer, 'punchHoleSent', sent);
      await expectMessage(leg, 'punchHoleResponse');
      // The request may reach another replica than the punch did.
      const later = await bench.leg(answer, leg.local.ip);
      await tell(later, 'requestRelay', { id: device.id, uuid: UUID, relayServer });
      assert.equal((await expectPush(device, 'requestRelay', 2)).relayServer, relayServer);

      const stranger = await bench.leg(caller);
      await tell(stranger, 'requestRelay', { id: device.id, uuid: UUID, relayServer });
      assert.match((await expectMessage(stranger, 'relayResponse')).refuseReason, /not allowed/);
    });
  });
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeRegisterPeer, REGISTER_PEER_KNOWN, REGISTER_PEER_NEEDS_PK } from './heartbeat.js';
import { decodeMessage, encodeMessage } from './rendezvous.js';

test('the usual heartbeats are read', () => {
  const plain = Buffer.from('320b0a09313233343536373839', 'hex');
  assert.deepEqual(decodeRegisterPeer(plain), { id: '123456789', serial: 0 });
  const serial = Buffer.from('320d0a093132333435363738391003', 'hex');
  assert.deepEqual(decodeRegisterPeer(serial), { id: '123456789', serial: 3 });
  assert.deepEqual(decodeRegisterPeer(Uint8Array.from(serial)), { id: '123456789', serial: 3 });
});

test('every unusual form is left to the full decoder', () => {
  const long = 'x'.repeat(200);
  const unusual = [
    encodeMessage('registerPeer', {}),
    encodeMessage('registerPeer', { id: 'a', serial: 300 }),
    encodeMessage('registerPeer', { id: 'ä', serial: 1 }),
    encodeMessage('registerPeer', { id: long }),
    Buffer.from('3205100' + '30a0161', 'hex'),
    Buffer.from('32070a0161' + 'a00607' + '00', 'hex'),
  ];
  for (const bytes of unusual) assert.equal(decodeRegisterPeer(bytes), undefined);
  assert.equal(decodeRegisterPeer(Buffer.alloc(0)), undefined);
});

test('whatever is cut off is not a heartbeat', () => {
  const whole = Buffer.from('320d0a093132333435363738391003', 'hex');
  for (let length = 0; length < whole.length; length += 1) {
    assert.equal(decodeRegisterPeer(whole.subarray(0, length)), undefined);
  }
  assert.equal(decodeRegisterPeer(Buffer.concat([whole, Buffer.from([0])])), undefined);
});

test('both ready-made answers are what the codec writes', () => {
  assert.deepEqual(REGISTER_PEER_KNOWN, encodeMessage('registerPeerResponse', {}));
  const asking = encodeMessage('registerPeerResponse', { requestPk: true });
  assert.deepEqual(REGISTER_PEER_NEEDS_PK, asking);
  assert.equal(decodeMessage(REGISTER_PEER_KNOWN).name, 'registerPeerResponse');
});

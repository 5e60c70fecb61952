import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noticesOf, type Sight } from './notices.js';

const SIGHT: Sight = {
  host: 'desk.example.org',
  address: '203.0.113.7',
  devices: [],
  gateways: new Set(['172.18.0.1']),
};
const kinds = (sight: Partial<Sight>): string[] =>
  noticesOf({ ...SIGHT, ...sight }).map(({ kind }) => kind);
const at = (...ips: readonly string[]) => ips.map((ip, n) => ({ id: String(n), ip }));

test('says that no public name is set', () => {
  assert.deepEqual(kinds({ host: '', address: undefined }), ['no-host']);
  assert.deepEqual(kinds({}), []);
});

test('a private address is wrong only when devices come from public ones', () => {
  const address = '192.168.1.5';
  assert.deepEqual(kinds({ address, devices: at('192.168.1.9', '192.168.1.10') }), []);
  assert.deepEqual(kinds({ address, devices: at('192.168.1.9', '198.51.100.4') }), [
    'private-address',
  ]);
  const [notice] = noticesOf({ ...SIGHT, address, devices: at('198.51.100.4') });
  assert.match(notice?.words ?? '', /such as 198\.51\.100\.4/);
});

test('all devices behind one private address: one is enough at our gateway, three elsewhere', () => {
  assert.deepEqual(kinds({ devices: at('172.18.0.1') }), ['gateway']);
  assert.deepEqual(kinds({ devices: at('172.18.0.1', '198.51.100.4') }), []);
  assert.deepEqual(kinds({ devices: at('10.0.0.2', '10.0.0.2') }), []);
  assert.deepEqual(kinds({ devices: at('10.0.0.2', '10.0.0.2', '10.0.0.2') }), ['gateway']);
  // an office behind one public address is nothing strange, nor is a trial on one machine
  assert.deepEqual(kinds({ devices: at('198.51.100.4', '198.51.100.4', '198.51.100.4') }), []);
  assert.deepEqual(kinds({ devices: at('127.0.0.1', '127.0.0.1', '127.0.0.1') }), []);
});

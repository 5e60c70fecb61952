import assert from 'node:assert/strict';
import { test } from 'node:test';
import { opsAddress } from './beacon.js';

test('the ops port is told as others reach it', () => {
  const told = (opsBind: string, opsAdvertise = '') => opsAddress({ opsBind, opsAdvertise }, 9100);
  assert.equal(told('127.0.0.1'), '127.0.0.1:9100');
  assert.equal(told('fd00::7'), '[fd00::7]:9100');
  assert.equal(told('0.0.0.0', 'edge'), 'edge:9100');
  assert.match(told('::'), /^[\d.]+:9100$/);
});

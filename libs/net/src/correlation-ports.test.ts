import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CorrelationPorts } from './correlation-ports.js';

test('live connections of one ip get different ports, other ips do not matter', () => {
  const ports = new CorrelationPorts();
  assert.equal(ports.take('192.0.2.1', 5000), 5000);
  assert.equal(ports.take('192.0.2.1', 5000), 5001);
  assert.equal(ports.take('192.0.2.2', 5000), 5000);
});

test('probing wraps at 65535 and never answers 0', () => {
  const ports = new CorrelationPorts();
  assert.equal(ports.take('::1', 65_535), 65_535);
  assert.equal(ports.take('::1', 65_535), 1);
  assert.equal(ports.take('::1', 0), 2);
});

test('a released port is free again and an ip without connections is forgotten', () => {
  const ports = new CorrelationPorts();
  ports.take('192.0.2.1', 7);
  ports.release('192.0.2.1', 7);
  assert.equal(ports.addresses, 0);
  assert.equal(ports.take('192.0.2.1', 7), 7);
});

test('an ip with every port in use gets none', () => {
  const ports = new CorrelationPorts();
  for (let i = 0; i < 65_535; i += 1) ports.take('192.0.2.1', i + 1);
  assert.equal(ports.take('192.0.2.1', 9), undefined);
});

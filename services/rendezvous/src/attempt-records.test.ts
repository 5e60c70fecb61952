import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Attempt } from './attempt.js';
import { AttemptRecords } from './attempt-records.js';

test('failures of one source are recorded a limited number of times, what succeeds always', () => {
  const written: object[] = [];
  const stream = {
    add: (record: object) => void written.push(record),
    stop: () => Promise.resolve(),
    dropped: 0,
    backlog: 0,
  };
  const records = new AttemptRecords(stream, 'rendezvous-1', () => 0);
  const end = (ip: string, outcome: 'key-mismatch' | 'direct'): void => {
    const attempt = new Attempt('123456789', 'punch', Buffer.alloc(10), 0);
    records.attempt(attempt, { remote: { ip }, transport: 'tcp' }, outcome, 5);
  };
  for (let i = 0; i < 1000; i++) end('198.51.100.1', 'key-mismatch');
  assert.deepEqual([written.length, records.dropped], [60, 940]);
  end('198.51.100.2', 'key-mismatch');
  end('198.51.100.1', 'direct');
  assert.equal(written.length, 62);
});

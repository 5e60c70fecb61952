import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { keyTable } from './key-table.js';
import { keys } from './keys.js';

const SCRIPTS = new URL('../scripts/', import.meta.url);

test('every script says what its keys, arguments and output are', () => {
  const files = readdirSync(SCRIPTS);
  assert.ok(files.length >= 10);
  for (const file of files) {
    const head = readFileSync(new URL(file, SCRIPTS), 'utf8').split(/^[^-]/m, 1)[0] ?? '';
    for (const part of ['KEYS[', 'ARGV[', 'Output'])
      assert.ok(head.includes(part), `${file}: ${part}`);
    assert.match(file, /^[a-z]+(-[a-z]+)*-(\d|n)\.lua$/);
  }
});

test('the key table and the names agree', () => {
  const x = '<x>';
  const made: Record<string, string> = {
    identity: keys.identity(x),
    claims: keys.claims(x),
    registrations: keys.registrations(x, x),
    presence: keys.presence(x),
    presences: keys.presences(x),
    replica: keys.replica(x),
    replicas: keys.replicas,
    waiting: keys.waiting(x),
    ticket: keys.ticket(x),
    tickets: keys.tickets,
    usedTicket: keys.usedTicket(x),
    pair: keys.pair(x),
    runningSessions: keys.runningSessions,
    linkKey: keys.linkKey,
    relaySettings: keys.relaySettings,
    closeOrders: keys.closeOrders,
    sessions: keys.sessions,
    relayGrant: keys.relayGrant(x, x),
    pendingDevices: keys.pendingDevices,
    pendingTimes: keys.pendingTimes,
    accessUsers: keys.accessUsers,
    accessDevices: keys.accessDevices,
    accessPolicy: keys.accessPolicy,
    controlRoles: keys.controlRoles,
    token: keys.token(x),
    switchGrant: keys.switchGrant(x, x),
    switchTaken: keys.switchTaken(x, x),
    expectedSession: keys.expectedSession(x, x),
    attempts: keys.attempts,
    opsAddresses: keys.opsAddresses,
    serverKey: keys.serverKey,
    leader: keys.leader,
    probeDevice: keys.probeDevice,
    probeGrant: keys.probeGrant(x),
    probeLease: keys.probeLease,
    signal: keys.signal(x),
  };
  for (const [name, { pattern }] of Object.entries(keyTable)) {
    // The bus makes the names of calls and events.
    if (name === 'call' || name === 'event') continue;
    assert.equal(made[name], pattern.replaceAll(/<[a-z]+>/g, x), name);
  }
});

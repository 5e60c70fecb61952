import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type TokenOwner, Tokens, hashToken } from '@waystation/state';
import { until } from '@waystation/testkit';
import { onEveryDatabase } from '../testing/databases.js';
import { TestApi } from '../testing/test-api.js';
import { useApi } from '../testing/use-api.js';
import { PublishedLogins } from './published-logins.js';

/** What a change may take until everybody knows it, the rendezvous' own 5 s apart. */
const SOON_MS = 5000;

onEveryDatabase('logins that the rendezvous knows', (database) => {
  const api = useApi(database);
  const known = (token: string): Promise<TokenOwner | undefined> =>
    api().part(Tokens).find(hashToken(token));

  it('are known from the login to the logout, under the name of their user', async () => {
    const { user, caller, token } = await api().signIn();
    assert.deepEqual(await known(token), { user: user.guid, name: user.name });
    const [remaining = 0] = await api()
      .part(Tokens)
      .remaining([hashToken(token)]);
    const lifetimeMs = api().config.loginLifetimeMs;
    assert.ok(remaining > lifetimeMs - 60_000 && remaining <= lifetimeMs);
    await caller.post('/api/logout');
    assert.equal(await known(token), undefined);
  });

  it('are over as soon as an operator has answered for it', async () => {
    const { caller: admin } = await api().signIn({ isAdmin: true });
    const ways: ((guid: string) => Promise<{ readonly status: number }>)[] = [
      (guid) => admin.post(`/api/users/${guid}/disable`),
      (guid) => admin.delete(`/api/users/${guid}`),
      (guid) => admin.post('/api/users/force-logout', { user_guids: [guid] }),
      (guid) => admin.patch(`/api/users/${guid}`, { password: 'another one' }),
    ];
    for (const way of ways) {
      const { user, token } = await api().signIn();
      const second = await api().login(user.name, 'pass word');
      assert.equal((await way(user.guid)).status, 200);
      for (const one of [token, second]) assert.equal(await known(one), undefined);
    }
  });

  it('but for the one that changes its own password', async () => {
    const { user, caller, token } = await api().signIn();
    const other = await api().login(user.name, 'pass word');
    const change = { old: 'pass word', new: 'another one' };
    assert.equal((await caller.post('/api/v1/me/password', change)).status, 200);
    assert.equal(await known(other), undefined);
    assert.notEqual(await known(token), undefined);
  });

  it('live on with their use', async () => {
    const { caller, token } = await api().signIn();
    const hash = hashToken(token);
    const past = { used_at: 0, expires_at: Date.now() + 5000 };
    await api().db.updateTable('login_tokens').set(past).where('hash', '=', hash).execute();
    await api().part(PublishedLogins).settle([hash]);
    const remaining = async (): Promise<number> =>
      (await api().part(Tokens).remaining([hash]))[0] ?? -1;
    assert.ok((await remaining()) <= 5000);
    assert.equal((await caller.post('/api/currentUser')).status, 200);
    assert.ok((await remaining()) > 60_000);
  });

  it('end by themselves', async () => {
    const { token } = await api().signIn();
    const hash = hashToken(token);
    const soon = { expires_at: Date.now() + 300 };
    await api().db.updateTable('login_tokens').set(soon).where('hash', '=', hash).execute();
    await api().part(PublishedLogins).settle([hash]);
    await until(async () => (await known(token)) === undefined, { what: 'the end of the login' });
  });

  it('are set right by a replica that starts, whatever its predecessor left half done', async () => {
    const { token: good } = await api().signIn();
    const { token: revoked } = await api().signIn();
    await api().redis.del(`token:${hashToken(good)}`);
    await api().db.deleteFrom('login_tokens').where('hash', '=', hashToken(revoked)).execute();
    await api().part(PublishedLogins).round();
    assert.notEqual(await known(good), undefined);
    assert.equal(await known(revoked), undefined);
  });

  it('come back in hundreds to a Redis that has started empty, and only those', async () => {
    const { user, token } = await api().signIn();
    const { token: revoked, caller } = await api().signIn();
    const row = { user_guid: user.guid, device_id: '', device_uuid: '', created_at: 0, used_at: 0 };
    const many = Array.from({ length: 1100 }, (_, index) => `many-${String(index)}`);
    const rows = many.map((name) => {
      return { ...row, hash: hashToken(name), expires_at: Date.now() + 600_000 };
    });
    for (let at = 0; at < rows.length; at += 100) {
      await api()
        .db.insertInto('login_tokens')
        .values(rows.slice(at, at + 100))
        .execute();
    }
    await api().redisServer.kill();
    assert.equal((await caller.post('/api/logout')).status, 200, 'without Redis');
    const during = await api().login(user.name, 'pass word');
    await api().redisServer.restart();
    const all = [token, during, ...many];
    const allKnown = async (): Promise<boolean> => {
      const left = await api()
        .part(Tokens)
        .remaining(all.map(hashToken))
        .catch(() => [-1]);
      return left.every((ms) => ms > 0);
    };
    await until(allKnown, { timeoutMs: SOON_MS, what: 'every login in Redis' });
    assert.equal(await known(revoked), undefined);
  });
});

onEveryDatabase('a login that ends while Redis is away', (database) => {
  it('does not come back with the data that Redis has kept', async (t) => {
    const api = await TestApi.start(await database.fresh(), {}, { appendOnly: true });
    t.after(() => api.stop());
    const { token: kept } = await api.signIn();
    const { token, caller } = await api.signIn();
    await api.redisServer.kill();
    assert.equal((await caller.post('/api/logout')).status, 200);
    await api.redisServer.restart();
    const find = (one: string): Promise<TokenOwner | undefined> =>
      api.part(Tokens).find(hashToken(one));
    const isOver = async (): Promise<boolean> => {
      // not connected again yet
      const ask = find(token).then((owner) => owner === undefined);
      return ask.catch(() => false);
    };
    await until(isOver, { timeoutMs: SOON_MS, what: 'the revoked login to be over' });
    assert.notEqual(await find(kept), undefined);
  });
});

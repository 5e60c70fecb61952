import assert from 'node:assert/strict';
import { it } from 'node:test';
import { AddressBooks } from '../books/address-books.js';
import type { UserTable } from '../store/account-tables.js';
import type { BookRight } from '../store/book-tables.js';
import { BookStore } from '../store/book-store.js';
import { onEveryDatabase } from '../testing/databases.js';
import type { Caller } from '../testing/caller.js';
import type { TestApi } from '../testing/test-api.js';
import { useApi } from '../testing/use-api.js';
import { isDone, isRefused, peers, personal } from '../testing/books.js';

async function share(
  api: TestApi,
  owner: UserTable,
  name: string,
  rules: { to?: UserTable; group?: string; right: BookRight }[] = [],
  password = '',
): Promise<string> {
  const guid = await api.part(AddressBooks).create(owner, { name, note: 'n', password });
  for (const { to, group, right } of rules) {
    const kind = to !== undefined ? 'user' : group !== undefined ? 'group' : 'everyone';
    const target = { target_kind: kind, target_guid: to?.guid ?? group ?? '' } as const;
    await api.part(BookStore).setRule({ book_guid: guid, ...target, right });
  }
  return guid;
}

async function userGroup(api: TestApi, name: string): Promise<string> {
  const row = { guid: name, name, name_key: name, note: '', created_at: 0 };
  await api.db.insertInto('user_groups').values(row).execute();
  return name;
}

onEveryDatabase('shared address books', (database) => {
  const api = useApi(database);

  it('[A57] lists visible books with the right of the caller, by different names', async () => {
    const { caller, user } = await api().signIn();
    const [other, third] = [await api().addUser(), await api().addUser()];
    await personal(caller);
    await share(api(), other, 'Servers', [{ to: user, right: 1 }], 'Pw');
    await share(api(), third, 'Servers', [{ to: user, right: 2 }]);
    await share(api(), other, 'Hidden');
    await share(api(), user, 'Mine');
    const { json } = await caller.post('/api/ab/shared/profiles?current=1&pageSize=100');
    const { total, data } = json as { total: number; data: Record<string, unknown>[] };
    assert.equal(total, 3);
    const names = data.map(({ name }) => name);
    assert.equal(new Set(names).size, 3);
    assert.ok(!names.includes('Hidden') && !names.includes('My address book'));
    const byRule = Object.fromEntries(data.map((book) => [String(book['rule']), book]));
    assert.deepEqual(byRule['1']?.['info'], { password: 'Pw' });
    assert.equal('info' in (byRule['2'] ?? {}), false);
    assert.equal(byRule['3']?.['name'], 'Mine');
    assert.equal(byRule['3']?.['owner'], user.name);
  });

  it('[A66] lets readers read, and writers delete', async () => {
    const { caller: reader, user: one } = await api().signIn();
    const { caller: writer, user: two } = await api().signIn();
    const owner = await api().addUser();
    const rules = [
      { to: one, right: 1 as const },
      { to: two, right: 2 as const },
    ];
    const guid = await share(api(), owner, 'Shared', rules);
    isDone(await writer.post(`/api/ab/peer/add/${guid}`, { id: '1', password: 'pw' }));
    isDone(await writer.post(`/api/ab/tag/add/${guid}`, { name: 't', color: 1 }));
    assert.equal((await peers(reader, guid)).total, 1);
    isRefused(await reader.post(`/api/ab/peer/add/${guid}`, { id: '2' }), 403);
    isRefused(await reader.put(`/api/ab/peer/update/${guid}`, { id: '1', alias: 'x' }), 403);
    isRefused(await reader.delete(`/api/ab/peer/${guid}`, ['1']), 403);
    isRefused(await reader.post(`/api/ab/tag/add/${guid}`, { name: 'u', color: 1 }), 403);
    isRefused(await reader.put(`/api/ab/tag/rename/${guid}`, { old: 't', new: 'u' }), 403);
    isRefused(await reader.put(`/api/ab/tag/update/${guid}`, { name: 't', color: 2 }), 403);
    isRefused(await reader.delete(`/api/ab/tag/${guid}`, ['t']), 403);
    isDone(await writer.delete(`/api/ab/tag/${guid}`, ['t']));
    isDone(await writer.delete(`/api/ab/peer/${guid}`, ['1']));
  });

  it('[A67] lets the rule for a user beat the rule for his group, and that the rule for all', async () => {
    const groupGuid = await userGroup(api(), `g-${database.kind}`);
    const { caller, user } = await api().signIn({ groupGuid });
    const { caller: mate } = await api().signIn({ groupGuid });
    const { caller: stranger } = await api().signIn();
    const owner = await api().addUser();
    const rules = [
      { to: user, right: 1 as const },
      { group: groupGuid, right: 3 as const },
      { right: 2 as const },
    ];
    const guid = await share(api(), owner, 'Ranked', rules);
    const rightOf = async (who: Caller): Promise<unknown> => {
      const { json } = await who.post('/api/ab/shared/profiles');
      const { data } = json as { data: { guid: string; rule: number }[] };
      return data.find((book) => book.guid === guid)?.rule;
    };
    assert.deepEqual(
      [await rightOf(caller), await rightOf(mate), await rightOf(stranger)],
      [1, 3, 2],
    );
    isRefused(await caller.post(`/api/ab/peer/add/${guid}`, { id: '2' }), 403);
    await api().db.deleteFrom('book_rules').where('target_kind', '=', 'everyone').execute();
  });

  it('[A68] shows a password in shared books only and a hash in the own book only, sealed at rest', async () => {
    const { caller, user } = await api().signIn();
    const own = await personal(caller);
    const shared = await share(api(), user, 'With passwords');
    const secret = { password: 'clear-text', hash: 'aGFzaC1vZi1pdA==' };
    for (const guid of [own, shared]) {
      isDone(await caller.post(`/api/ab/peer/add/${guid}`, { id: '1', ...secret }));
    }
    const [mine] = (await peers(caller, own)).data;
    const [ours] = (await peers(caller, shared)).data;
    assert.equal(mine?.['hash'], secret.hash);
    assert.equal('password' in mine, false);
    assert.equal(ours?.['password'], secret.password);
    assert.equal('hash' in ours, false);
    const rows = JSON.stringify(await api().db.selectFrom('book_peers').selectAll().execute());
    for (const text of Object.values(secret)) assert.ok(!rows.includes(text));
    assert.ok(!api().logged.join().includes('clear-text'));
  });

  it('[A69] shows nothing of books that are not for the caller', async () => {
    const { caller: owner } = await api().signIn();
    const { user: other } = await api().signIn();
    const { caller } = await api().signIn({ isAdmin: true });
    const hidden = [await personal(owner), await share(api(), other, 'Private'), 'no-such-guid'];
    for (const guid of hidden) {
      const answers = [
        await caller.post(`/api/ab/peers?ab=${guid}`),
        await caller.post(`/api/ab/tags/${guid}`),
        await caller.post(`/api/ab/peer/add/${guid}`, { id: '1' }),
        await caller.delete(`/api/ab/peer/${guid}`, ['1']),
      ];
      for (const answer of answers) {
        isRefused(answer, 404);
        assert.deepEqual(answer.json, { error: 'There is no such address book' });
      }
    }
  });
});

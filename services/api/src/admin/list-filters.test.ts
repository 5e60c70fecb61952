import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { onEveryDatabase } from '../testing/databases.js';
import { useApi } from '../testing/use-api.js';
import type { Caller } from '../testing/caller.js';

onEveryDatabase('filters of lists', (database) => {
  const api = useApi(database);
  let caller: Caller;

  before(async () => {
    ({ caller } = await api().apiToken({ users: 'r', groups: 'rw', audits: 'r' }));
    for (const name of ['Älg', 'a_b', 'axb', 'hundred']) await api().addUser({ name });
    for (const name of ['Öl_1', 'Ölx1']) await caller.post('/api/user-groups', { name });
  });

  const names = async (path: string): Promise<string[]> => {
    const { status, json, text } = await caller.get(path);
    assert.equal(status, 200, text);
    return (json as { data: { name: string }[] }).data.map(({ name }) => name);
  };
  const users = (name: string): Promise<string[]> =>
    names(`/api/users?name=${encodeURIComponent(name)}`);

  it('take nothing but % for anything, and letters of every alphabet in any case', async () => {
    assert.deepEqual(await users('a_b%'), ['a_b']);
    assert.deepEqual(await users('A_B'), ['a_b']);
    assert.deepEqual(await users('%ÄL%'), ['Älg']);
    assert.deepEqual(await users('älg'), ['Älg']);
    const groups = await names(`/api/user-groups?name=${encodeURIComponent('öl_%')}`);
    assert.deepEqual(groups, ['Öl_1']);
  });

  it('find nothing by what no name has, and fail at nothing', async () => {
    const hostile = [
      '\\',
      '%\\',
      '\\%',
      "%'; drop table users; --",
      '%%%%%_',
      '\u{1F689}%',
      '%\ud800',
    ];
    for (const value of hostile) {
      const wanted = encodeURIComponent(value.toWellFormed());
      for (const path of [
        `/api/users?name=${wanted}`,
        `/api/user-groups?name=${wanted}`,
        `/api/v1/control-roles?name=${wanted}`,
        `/api/v1/sessions?device=${wanted}&user=${wanted}&address=${wanted}`,
        `/api/audits/console?subject=${wanted}`,
      ]) {
        if (value !== '%%%%%_') assert.deepEqual(await names(path), [], path);
      }
    }
    assert.deepEqual(await users('%%%%%_%'), ['a_b']);
  });

  it('take moments that say where they are meant, whatever the time zone of the server', async () => {
    const status = async (since: string): Promise<number> =>
      (await caller.get(`/api/v1/sessions?since=${encodeURIComponent(since)}`)).status;
    for (const good of ['2026-11-21', '2026-11-21 10:00:00.000', '2026-11-21T10:00:00+02:00']) {
      assert.equal(await status(good), 200, good);
    }
    for (const bad of ['Nov 21 2026', '21.11.2026', '2026-11-21 25:00:00', '1']) {
      assert.equal(await status(bad), 400, bad);
    }
  });
});

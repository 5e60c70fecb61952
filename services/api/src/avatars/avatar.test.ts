import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { it } from 'node:test';
import { onEveryDatabase } from '../testing/databases.js';
import type { Caller } from '../testing/caller.js';
import { useApi } from '../testing/use-api.js';

const PNG = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), randomBytes(50_000)]);

function put(caller: Caller, body: Buffer) {
  const headers = { 'content-type': 'image/png', 'content-length': String(body.length) };
  return caller.send({ method: 'PUT', path: '/api/v1/me/avatar', headers, body });
}

onEveryDatabase('avatars', (database) => {
  const api = useApi(database);

  it('shows a picture to everybody who knows its name, until another one takes its place', async () => {
    const { caller, user } = await api().signIn();
    const set = await put(caller, PNG);
    assert.equal(set.status, 200);
    const { avatar } = set.json as { avatar: string };
    assert.match(avatar, /^\/avatar\/[0-9a-f]{32}\.png$/);
    const me = await caller.post('/api/currentUser', {});
    assert.equal((me.json as { avatar: string }).avatar, avatar);
    const shown = await api().caller().get(avatar);
    assert.equal(shown.status, 200);
    assert.equal(shown.headers['content-type'], 'image/png');
    assert.deepEqual(shown.bytes, PNG);
    const second = (await put(caller, PNG)).json as { avatar: string };
    assert.notEqual(second.avatar, avatar);
    assert.equal((await api().caller().get(avatar)).status, 404);
    assert.equal((await caller.delete('/api/v1/me/avatar')).status, 200);
    assert.equal((await api().caller().get(second.avatar)).status, 404);
    const account = api().db.selectFrom('users').select('avatar').where('guid', '=', user.guid);
    assert.equal((await account.executeTakeFirst())?.avatar, '');
  });

  it('takes pictures only, of a fair size, and only from users', async () => {
    const { caller } = await api().signIn();
    const script = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>');
    assert.equal((await put(caller, script)).status, 400);
    const large = Buffer.concat([PNG, Buffer.alloc(256 * 1024)]);
    assert.equal((await put(caller, large)).status, 413);
    assert.equal((await put(api().caller(), PNG)).status, 401);
  });
});

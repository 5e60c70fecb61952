import assert from 'node:assert/strict';
import { it } from 'node:test';
import { hashPassword } from '../accounts/password.js';
import { UserStore } from '../store/user-store.js';
import type { Answer } from '../testing/caller.js';
import { onEveryDatabase } from '../testing/databases.js';
import { useApi } from '../testing/use-api.js';

const OFFICE = '198.51.100.10';
const COLLEAGUES = 5;

onEveryDatabase('limits on signing in', (database) => {
  const api = useApi(database, { trustedProxies: ['127.0.0.1'] });

  function login(username: string, password: string, address: string): Promise<Answer> {
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': address };
    const body = JSON.stringify({ username, password, type: 'account', id: '', uuid: '' });
    return api().caller().send({ method: 'POST', path: '/api/login', headers, body });
  }

  it('let an office behind one address in, however many sit there', async () => {
    const passwordHash = await hashPassword('pass word');
    const users = api().part(UserStore);
    const row = api().db.updateTable('login_guards').where('subject', '=', `address ${OFFICE}`);
    for (let number = 0; number < COLLEAGUES; number++) {
      await users.create({ name: `colleague-${number}`, passwordHash });
      const { text } = await login(`colleague-${number}`, 'pass word', OFFICE);
      assert.match(text, /access_token/, `colleague ${number}`);
      // one more guess would be too many, but nobody has guessed
      await row.set({ hour_failures: 599 }).execute();
    }
    await row.set({ hour_failures: 0 }).execute();
  });

  it('stop one address that tries one password on many names', async () => {
    const address = '198.51.100.66';
    let looked = 0;
    await api().db.updateTable('login_guards').set({ hour_failures: 0 }).execute();
    await login('spray-0', 'Summer2026', address);
    const counted = api()
      .db.updateTable('login_guards')
      .where('subject', '=', `address ${address}`);
    await counted.set({ hour_failures: 599 }).execute();
    for (let number = 1; number <= 3; number++) {
      const { text } = await login(`spray-${number}`, 'Summer2026', address);
      if (text.includes('Wrong credentials')) looked++;
    }
    assert.equal(looked, 1, 'six hundred in an hour and no more');
    const { user } = await api().signIn();
    assert.match((await login(user.name, 'pass word', '198.51.100.67')).text, /access_token/);
  });

  it('let the owner in while a stranger elsewhere guesses at his account', async () => {
    const user = await api().addUser();
    for (let times = 0; times < 8; times++) await login(user.name, 'guess', '203.0.113.66');
    assert.match((await login(user.name, 'pass word', '203.0.113.66')).text, /Too many/);
    assert.match((await login(user.name, 'pass word', OFFICE)).text, /access_token/);
  });
});

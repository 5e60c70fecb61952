import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createLog } from '@waystation/ops';
import { openStore } from '../store/open-store.js';
import { UserStore } from '../store/user-store.js';
import { onEveryDatabase } from '../testing/databases.js';
import { FirstAdmin } from './first-admin.js';
import { verifyPassword } from './password.js';

const log = createLog('test', 'error');

onEveryDatabase('the first administrator', (database) => {
  it('is made once, also by replicas that start together and after being deleted', async (t) => {
    const db = await openStore(await database.fresh(), log);
    t.after(() => db.destroy());
    const users = new UserStore(db);
    const lines: string[] = [];
    const start = (): Promise<void> =>
      new FirstAdmin(users, log, (line) => lines.push(line)).onModuleInit();
    await Promise.all([start(), start(), start()]);
    assert.equal(lines.length, 1);
    const password = /password (\S+)/.exec(lines[0] ?? '')?.[1] ?? '';
    assert.ok(password.length >= 16);
    const admin = await users.byName('admin');
    assert.equal(admin?.is_admin, 1);
    assert.ok(await verifyPassword(password, admin.password_hash));
    await db.deleteFrom('users').execute();
    await start();
    assert.equal(lines.length, 1, 'nobody gets in by deleting everybody');
  });
});

onEveryDatabase('two replicas', (database) => {
  it('know the same users and tokens', async (t) => {
    if (database.kind === 'SQLite') return;
    const config = await database.fresh();
    const [one, two] = [await openStore(config, log), await openStore(config, log)];
    t.after(() => Promise.all([one.destroy(), two.destroy()]));
    await new UserStore(one).create({ name: 'alice', passwordHash: null });
    assert.equal((await new UserStore(two).byName('ALICE'))?.name, 'alice');
  });
});

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Lab } from '@waystation/testkit';
import { natPage, type Way } from './page.js';
import { World, type Client } from './world.js';

const PAGE = fileURLToPath(new URL('../../../docs/nat.md', import.meta.url));
const obstacle = await Lab.obstacle();

describe('clients in all kinds of networks', { skip: obstacle ?? false }, () => {
  let world: World;
  const ways: Way[] = [];

  before(async () => {
    world = await World.create();
  });

  after(() => world.close());

  /** One caller calls everybody, one after the other. */
  async function callAll(caller: Client): Promise<void> {
    for (const callee of world.clients) {
      if (callee === caller) continue;
      const answer = await caller.inside
        .ask({ id: callee.id })
        .catch((error: unknown) => ({ path: `fails: ${String(error)}`, whole: true }));
      assert.ok(answer['whole'], `${caller.title} to ${callee.title}: other bytes came back`);
      ways.push({ caller: caller.title, callee: callee.title, path: String(answer['path']) });
    }
  }

  test('a client behind a hard NAT finds that out, the others do not', () => {
    const hard = world.clients.filter(({ nat }) => nat === 'hard').map(({ title }) => title);
    assert.deepEqual(hard, ['hard NAT', 'another hard NAT']);
  });

  test('every pair has its session, by the way that docs/nat.md says', async () => {
    await Promise.all(world.clients.map(callAll));
    const titles = world.clients.map(({ title }) => title);
    const page = natPage(titles, ways);
    if (process.env['WAYSTATION_WRITE_NAT_PAGE'] === '1') await writeFile(PAGE, page);
    assert.equal(page, await readFile(PAGE, 'utf8'));
  });
});

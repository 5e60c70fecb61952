import assert from 'node:assert/strict';
import { it } from 'node:test';
import { onEveryDatabase } from '../testing/databases.js';
import { useApi } from '../testing/use-api.js';

const SECRET = 'a-very-secret-metrics-token';

onEveryDatabase('settings in the REST', (database) => {
  const api = useApi(database, { metricsToken: SECRET, maxPeersPerBook: 7 });

  it('shows what is in effect, and no secret', async () => {
    const { caller } = await api().signIn({ isAdmin: true });
    const { json, text } = await caller.get('/api/v1/settings');
    const { data } = json as { data: readonly Record<string, unknown>[] };
    const of = (name: string) => data.find((setting) => setting['name'] === name);
    assert.deepEqual(
      [of('MAX_PEERS_PER_BOOK')?.['value'], of('MAX_PEERS_PER_BOOK')?.['is_default']],
      ['7', false],
    );
    assert.equal(of('METRICS_TOKEN')?.['value'], '********');
    assert.equal(of('DATA_KEY')?.['value'], '');
    assert.equal(of('RECORD_RETENTION')?.['value'], '90d');
    assert.ok(!text.includes(SECRET));
    const { caller: plain } = await api().signIn();
    assert.equal((await plain.get('/api/v1/settings')).status, 403);
  });
});

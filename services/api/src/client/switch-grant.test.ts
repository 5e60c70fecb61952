import assert from 'node:assert/strict';
import { createHash, sign } from 'node:crypto';
import { it } from 'node:test';
import { SwitchGrants as PublishedGrants } from '@waystation/state';
import { onEveryDatabase } from '../testing/databases.js';
import type { TestDevice } from '../testing/test-api.js';
import { useApi } from '../testing/use-api.js';

function verifierOf(code: string): string {
  return createHash('sha256').update(`switch-grant-verifier\0${code}`).digest('base64');
}

function signed({ id, privateKey }: TestDevice, verifier: string, timestamp: string): object {
  const message = ['switch-grant', id, verifier, timestamp].join('\0');
  const signature = sign(null, Buffer.from(message), privateKey).toString('base64');
  return { id, switch_code_verifier: verifier, timestamp, signature };
}

onEveryDatabase('switch grants', (database) => {
  const api = useApi(database);

  it('[A95] are given to the device that signs for them, in time', async () => {
    const verifier = verifierOf('code-abc');
    assert.equal(verifier, 'dMIn3uiPe77XodFB5IKi7PrKJ7l7+zVquNn0ObSaHQc=');
    const [device, other] = [await api().register(), await api().register()];
    const ask = async (body: object): Promise<unknown> =>
      (await api().caller().post('/api/switch-grant', body)).json;
    const now = String(Math.floor(Date.now() / 1000));
    assert.deepEqual(await ask(signed(device, verifier, now)), { accepted: true });
    const stale = (await ask(signed(device, verifier, String(Number(now) - 120)))) as {
      accepted: boolean;
      server_time: number;
    };
    assert.equal(stale.accepted, false);
    assert.ok(Math.abs(stale.server_time - Number(now)) < 60);
    const foreign = { ...signed(other, verifier, now), id: device.id };
    for (const body of [foreign, { ...signed(device, verifier, now), signature: '' }, {}]) {
      assert.deepEqual(await ask(body), { accepted: false });
    }
    const published = api().part(PublishedGrants);
    assert.equal(await published.take(device.id, verifier, '192.0.2.1'), true);
    assert.deepEqual(await ask(signed(device, verifier, now)), { accepted: true });
    assert.equal(await published.take(device.id, verifier, '192.0.2.2'), false, 'no second grant');
    const grants = await api().db.selectFrom('switch_grants').selectAll().execute();
    assert.deepEqual(
      grants.map((grant) => [grant.device_id, grant.verifier]),
      [[device.id, verifier]],
    );
  });
});

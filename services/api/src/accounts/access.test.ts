import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { SwaggerModule } from '@nestjs/swagger';
import { UserStore } from '../store/user-store.js';
import { onEveryDatabase } from '../testing/databases.js';
import { TestApi } from '../testing/test-api.js';
import { ApiTokens } from './api-tokens.js';
import { hashSecret } from './secrets.js';

/**
 * What anybody may call: devices, which have no login, and everything that comes before a login. A
 * route that is not here has to refuse every bad token, so a new one cannot be forgotten.
 */
const OPEN = new Set([
  'get /healthz',
  'get /api/login-options',
  'post /api/login',
  'post /api/oidc/auth',
  'get /api/oidc/auth-query',
  'get /api/oidc/callback',
  'post /api/oidc/confirm',
  'post /api/heartbeat',
  'post /api/sysinfo',
  'post /api/sysinfo_ver',
  'post /api/audit/conn',
  'post /api/audit/file',
  'post /api/audit/alarm',
  'post /api/switch-grant',
  'post /api/record',
  'get /avatar/{name}',
  'post /api/v1/invitations/look',
  'post /api/v1/invitations/accept',
]);

/** What administrators and users, but no scripts, may call is refused to scripts as unknown. */
interface Route {
  readonly method: string;
  readonly path: string;
}

function routesOf(api: TestApi): Route[] {
  const { paths } = SwaggerModule.createDocument(api.application, {} as never);
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => ({ method, path })),
  );
}

onEveryDatabase('every protected route', (database) => {
  let api: TestApi;
  let other: TestApi;
  const endings = new AsyncDisposableStack();
  before(async () => {
    api = await TestApi.start(await database.fresh());
    endings.defer(() => api.stop());
    other = await TestApi.start(await database.fresh());
    endings.defer(() => other.stop());
  });
  after(() => endings.disposeAsync());

  /** Tokens that were good once, or are good elsewhere, or never were. */
  async function badTokens(): Promise<Record<string, string | undefined>> {
    const admin = { isAdmin: true };
    const all = {
      devices: 'rw',
      audits: 'rw',
      users: 'rw',
      groups: 'rw',
      strategies: 'rw',
    } as const;
    const expired = (await api.signIn(admin)).token;
    const expire = api.db.updateTable('login_tokens').set({ expires_at: 1 });
    await expire.where('hash', '=', hashSecret(expired)).execute();
    const revoked = await api.signIn(admin);
    await revoked.caller.post('/api/logout');
    const disabled = await api.signIn(admin);
    await api.part(UserStore).update(disabled.user.guid, { status: 0 });
    const owner = await api.addUser(admin);
    const tokens = api.part(ApiTokens);
    const past = await tokens.create(owner, 'past', all, Date.now() - 1);
    const gone = await tokens.create(owner, 'gone', all, null);
    await api.db.deleteFrom('api_tokens').where('guid', '=', gone.guid).execute();
    const demoted = await api.apiToken(all);
    await api.part(UserStore).update(demoted.owner.guid, { is_admin: 0 });
    return {
      none: undefined,
      empty: 'Bearer ',
      basic: `Basic ${Buffer.from('admin:admin').toString('base64')}`,
      forged: `Bearer wsu_${'A'.repeat(43)}`,
      forgedScript: `Bearer wsa_${'A'.repeat(43)}`,
      hash: `Bearer ${hashSecret(expired)}`,
      expired: `Bearer ${expired}`,
      revoked: `Bearer ${revoked.token}`,
      disabled: `Bearer ${disabled.token}`,
      elsewhere: `Bearer ${(await other.signIn(admin)).token}`,
      elsewhereScript: `Bearer ${(await other.apiToken(all)).token}`,
      pastScript: `Bearer ${past.token}`,
      goneScript: `Bearer ${gone.token}`,
      demotedScript: `Bearer ${demoted.token}`,
    };
  }

  it('[A9] refuses forged, ended and foreign tokens, whichever route comes next', async () => {
    const routes = routesOf(api);
    const closed = routes.filter(({ method, path }) => !OPEN.has(`${method} ${path}`));
    assert.equal(routes.length - closed.length, OPEN.size, 'a route of the list is gone');
    assert.ok(closed.length > 60);
    for (const [what, authorization] of Object.entries(await badTokens())) {
      const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
      for (const { method, path } of closed) {
        const concrete = path.replace(/\{[^}]+\}/g, 'x');
        const call = { method: method.toUpperCase(), path: concrete, headers };
        const { status, text } = await api.caller().send(call);
        assert.equal(status, 401, `${what}: ${method} ${path}`);
        const body = method === 'head' ? '' : '{"error":"Invalid token"}';
        assert.equal(text, body, `${what}: ${method} ${path}`);
      }
    }
  });

  it('keeps what operators do from users, and gives a script only what it was made for', async () => {
    const { caller } = await api.signIn();
    const { caller: script } = await api.apiToken({});
    const operators = routesOf(api).filter(({ path }) =>
      /^\/api\/(v1\/(tokens|control-roles|relay|audit|sessions|settings)|users\/|user-groups|device-groups|strategies|audits|devices\/\{)/.test(
        path,
      ),
    );
    assert.ok(operators.length > 30);
    for (const { method, path } of operators) {
      const call = { method: method.toUpperCase(), path: path.replace(/\{[^}]+\}/g, 'x') };
      const { status } = await caller.send(call);
      assert.equal(status, 403, `${method} ${path}`);
      const scripted = await script.send(call);
      assert.ok(scripted.status === 401 || scripted.status === 403, `${method} ${path}`);
    }
  });
});

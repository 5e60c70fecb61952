import assert from 'node:assert/strict';
import { it } from 'node:test';
import { onEveryDatabase } from '../testing/databases.js';
import { useApi } from '../testing/use-api.js';

/** Everything that clients of any age call. */
const PATHS = [
  ...['GET /api/login-options', 'HEAD /api/login-options', 'POST /api/login', 'POST /api/logout'],
  ...[
    'POST /api/currentUser',
    'POST /api/oidc/auth',
    'GET /api/oidc/auth-query?code=a&id=b&uuid=c',
  ],
  ...[
    'GET /api/oidc/callback',
    'POST /api/heartbeat',
    'POST /api/sysinfo',
    'POST /api/sysinfo_ver',
  ],
  ...['GET /api/ab', 'POST /api/ab', 'POST /api/ab/get', 'POST /api/ab/personal'],
  ...['GET /api/ab/personal', 'POST /api/ab/settings', 'POST /api/ab/shared/profiles'],
  ...['GET /api/ab/shared/profiles', 'POST /api/ab/peers?ab=x', 'GET /api/ab/peers?ab=x'],
  ...['POST /api/ab/tags/x', 'GET /api/ab/tags/x', 'POST /api/ab/peer/add/x'],
  ...['PUT /api/ab/peer/update/x', 'DELETE /api/ab/peer/x', 'POST /api/ab/tag/add/x'],
  ...['PUT /api/ab/tag/rename/x', 'PUT /api/ab/tag/update/x', 'DELETE /api/ab/tag/x'],
  ...['GET /api/users?accessible=', 'GET /api/peers?accessible='],
  ...['GET /api/device-group/accessible', 'POST /api/audit/conn', 'POST /api/audit/file'],
  ...['POST /api/audit/alarm', 'GET /api/audit/conn/active?id=x&session_id=1', 'PUT /api/audit'],
  ...['POST /api/record?type=new&file=x', 'POST /api/devices/cli', 'POST /api/devices/deploy'],
  ...['POST /api/switch-grant', 'GET /'],
];

/** What a browser or a small client would ask for and nobody serves. */
const ABSENT = ['POST /lic/web/api/plugin-sign', 'POST /api/currentGroup'];

onEveryDatabase('every path of clients', (database) => {
  const api = useApi(database);

  function ask(line: string) {
    const [method = '', path = ''] = line.split(' ');
    const isBare = method === 'GET' || method === 'HEAD';
    const headers = { 'content-type': 'application/json' };
    return api()
      .caller()
      .send(isBare ? { method, path } : { method, path, headers, body: '{}' });
  }

  it('[A1] [A2] [A11] is served over plain HTTP, without redirects and faults of ours', async () => {
    for (const line of PATHS) {
      const { status, text } = await ask(line);
      assert.notEqual(status, 404, line);
      assert.ok(status < 300 || (status >= 400 && status < 500), `${line}: ${status} ${text}`);
    }
    for (const line of ABSENT) assert.equal((await ask(line)).status, 404, line);
  });
});

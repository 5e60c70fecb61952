import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { argv } from 'node:process';
import { it } from 'node:test';
import { SwaggerModule } from '@nestjs/swagger';
import { onEveryDatabase } from '../testing/databases.js';
import { useApi } from '../testing/use-api.js';

/** What clients alone call; everything else has to be in the document. */
const CLIENTS_ONLY = [
  '/api/ab',
  '/api/ab/get',
  '/api/ab/peer/add/{guid}',
  '/api/ab/peer/update/{guid}',
  '/api/ab/peer/{guid}',
  '/api/ab/peers',
  '/api/ab/personal',
  '/api/ab/settings',
  '/api/ab/shared/profiles',
  '/api/ab/tag/add/{guid}',
  '/api/ab/tag/rename/{guid}',
  '/api/ab/tag/update/{guid}',
  '/api/ab/tag/{guid}',
  '/api/ab/tags/{guid}',
  '/api/audit',
  '/api/audit/alarm',
  '/api/audit/conn',
  '/api/audit/conn/active',
  '/api/audit/file',
  '/api/currentUser',
  '/api/device-group/accessible',
  '/api/heartbeat',
  '/api/login',
  '/api/login-options',
  '/api/logout',
  '/api/oidc/auth',
  '/api/oidc/auth-query',
  '/api/oidc/callback',
  '/api/oidc/confirm',
  '/api/peers',
  '/api/record',
  '/api/switch-grant',
  '/api/sysinfo',
  '/api/sysinfo_ver',
  '/avatar/{name}',
  '/healthz',
];

const SNAPSHOT = new URL('../../openapi.json', import.meta.url);

onEveryDatabase('the OpenAPI document', (database) => {
  const api = useApi(database);

  it('[A109] lists every call of operators, as the committed snapshot does', async () => {
    const { json, status } = await api().caller().get('/api/openapi.json');
    assert.equal(status, 200);
    const text = `${JSON.stringify(json, null, 2)}\n`;
    if (argv.includes('--update-snapshot')) writeFileSync(SNAPSHOT, text);
    assert.equal(text, readFileSync(SNAPSHOT, 'utf8'), 'run this file with --update-snapshot');
    const { openapi, paths } = json as { openapi: string; paths: Record<string, object> };
    assert.match(openapi, /^3\./);
    assert.deepEqual(faultsOf(json), []);
    const calls = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method} ${path}`),
    );
    for (const call of [
      'get /api/users',
      'post /api/users/{guid}/disable',
      'patch /api/user-groups/{guid}',
      'delete /api/device-groups/{guid}/devices',
      'post /api/devices/{guid}/assign',
      'delete /api/ab/rules',
      'put /api/strategies/{guid}/status',
      'get /api/audits/console',
      'post /api/v1/tokens',
      'post /api/v1/me/totp/confirm',
    ]) {
      assert.ok(calls.includes(call), call);
    }
    const hidden = Object.keys(SwaggerModule.createDocument(api().application, {} as never).paths)
      .filter((path) => !(path in paths))
      .sort();
    assert.deepEqual(hidden, CLIENTS_ONLY, 'a call of operators without @Describe');
  });
});

interface Operation {
  readonly operationId?: string;
  readonly responses?: object;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
}

/** What a reader of the document would stumble over. */
function faultsOf(json: unknown): string[] {
  const { info, paths } = json as {
    info: { title?: string; version?: string };
    paths: Record<string, Record<string, Operation>>;
  };
  const faults = info.title && info.version ? [] : ['no title or no version'];
  const names = new Set<string>();
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, { operationId = '', responses, parameters = [] }] of Object.entries(
      operations,
    )) {
      const call = `${method} ${path}`;
      if (operationId === '' || names.has(operationId)) faults.push(`${call}: no name of its own`);
      names.add(operationId);
      if (Object.keys(responses ?? {}).length === 0) faults.push(`${call}: no answer`);
      const declared = parameters.filter((one) => one.in === 'path').map(({ name }) => `{${name}}`);
      const used = path.match(/\{[^}]+\}/g) ?? [];
      if (declared.sort().join() !== [...used].sort().join()) faults.push(`${call}: parameters`);
    }
  }
  const references = JSON.stringify(json).matchAll(/"\$ref":"#\/([^"]+)"/g);
  for (const [, place = ''] of references) {
    const found = place
      .split('/')
      .reduce<unknown>((at, name) => Reflect.get(Object(at), name), json);
    if (found === undefined) faults.push(`${place} is not in the document`);
  }
  return faults;
}

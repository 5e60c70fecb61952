/**
 * The walls between the rooms, one rule each, so that a failure names the wall. A room's list says
 * what its code may import beside itself; tests may import more, but never another service.
 */
/** Tests, and the folders of what several tests of a room share; neither ships. */
const TEST = '(\\.test\\.ts$|/src/testing/)';

const inLib = (name) => `(^|/)libs/${name}/`;
const npm = (...names) => `node_modules/(${names.join('|')})/`;
const core = (...names) => `^(node:)?(${names.join('|')})$`;

/** A room that may import these and itself, and nothing else. */
const room = (name, why, ...allowed) => ({
  name: `room-${name}`,
  comment: why,
  severity: 'error',
  from: { path: `^libs/${name}/src/`, pathNot: TEST },
  to: { pathNot: [`^libs/${name}/src/`, ...allowed] },
});

const wall = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

const ANY_CORE = core('[a-z_/0-9]+');
const SOCKETS = core('net', 'dgram', 'tls', 'http', 'https', 'http2');

module.exports = {
  forbidden: [
    wall(
      'no-circular',
      'a cycle of modules dies at start-up once decorators are in it',
      {},
      {
        circular: true,
        // types are gone at run time
        viaOnly: { dependencyTypesNot: ['type-only'] },
      },
    ),
    wall(
      'not-resolved',
      'an import that leads nowhere',
      {},
      {
        couldNotResolve: true,
        // built into Node under `node:` only, and newer than the checker knows
        pathNot: '^(node:)?(ffi|sqlite|sea|test|test/reporters)$',
      },
    ),
    room(
      'wire',
      'bytes and messages, pure',
      npm('protobufjs', '@noble/ciphers'),
      core('crypto', 'buffer'),
    ),
    room(
      'net',
      'sockets and frames; no Redis, no Nest',
      inLib('wire'),
      npm('ws', '@types/ws'),
      core(
        'net',
        'dgram',
        'http',
        'crypto',
        'buffer',
        'events',
        'stream',
        'os',
        'fs',
        'timers',
        'timers/promises',
      ),
    ),
    room(
      'datagrams',
      'UDP in batches; knows no message',
      inLib('(wire|net)'),
      core('dgram', 'ffi', 'os', 'buffer'),
    ),
    room('pump', 'bytes between two sockets in the kernel', ANY_CORE),
    room('config', 'settings from text; nothing else', core('fs')),
    room('console', 'pages for a browser', npm('preact')),
    room(
      'state',
      'what replicas share in Redis',
      inLib('(wire|config)'),
      npm('ioredis', '@ioredis/commands'),
      core('fs', 'crypto', 'buffer', 'events', 'url', 'path', 'timers', 'timers/promises'),
    ),
    room(
      'bus',
      'messages between replicas',
      inLib('(wire|state)'),
      npm('ioredis', '@nestjs/microservices', '@nestjs/common', 'rxjs'),
      core('buffer', 'crypto', 'events', 'timers', 'timers/promises'),
    ),
    room(
      'ops',
      'logs, metrics, health, start and stop',
      inLib('config'),
      npm('winston', 'prom-client', '@nestjs/[a-z-]+', 'reflect-metadata'),
      core(
        'fs',
        'path',
        'http',
        'net',
        'tls',
        'crypto',
        'events',
        'stream',
        'perf_hooks',
        'v8',
        'os',
      ),
    ),
    room(
      'testkit',
      'a client and real servers for tests',
      inLib('wire'),
      npm('ws', '@types/ws', '@noble/ciphers'),
      ANY_CORE,
    ),
    wall(
      'bus-redis-in-signals',
      'plain Redis messages have one place',
      { path: '^libs/bus/src/', pathNot: ['signals\\.ts$', TEST] },
      { path: npm('ioredis'), dependencyTypesNot: ['type-only'] },
    ),
    wall(
      'testkit-for-tests',
      'what ships never imports the test kit',
      { path: '^(libs|services)/', pathNot: [TEST, '^libs/testkit/'] },
      { path: inLib('testkit') },
    ),
    wall(
      'service-alone',
      'a service never imports another one',
      { path: '^services/([^/]+)/' },
      { path: '(^|/)services/', pathNot: '(^|/)services/$1/' },
    ),
    wall(
      'service-no-sockets',
      'services get connections from libs/net and Redis from libs/state',
      { path: '^services/', pathNot: TEST },
      { path: [npm('ioredis', 'ws'), core('net', 'dgram')] },
    ),
    wall(
      'rules-stay-plain',
      'handlers and rules know neither Nest nor sockets nor timers',
      { path: '^services/[^/]+/src/(handlers/|punch-plan|bandwidth)', pathNot: TEST },
      { path: [npm('@nestjs/[a-z-]+'), SOCKETS, core('timers', 'timers/promises')] },
    ),
    wall(
      'libs-know-no-service',
      'a lib never imports a service or a test',
      { path: '^libs/' },
      { path: '(^|/)(services|test)/', pathNot: '^libs/' },
    ),
    wall(
      'nobody-imports-tests',
      'a test is imported by tests only',
      { pathNot: [TEST, '^test/'] },
      { path: ['(^|/)test/[^/]+\\.ts$', TEST] },
    ),
    wall(
      'barrel-for-outsiders',
      "a lib's index.ts serves outsiders; inside, files import each other",
      { path: '^(libs|services)/([^/]+)/src/' },
      { path: '^$1/$2/(src|dist)/index\\.(ts|d\\.ts|js)$' },
    ),
    wall(
      'by-name-only',
      'a lib is imported by its name, never by a path into it',
      { path: '^(libs|services|test)/([^/]+)/' },
      {
        path: '(^|/)libs/[^/]+/(src|dist)/',
        pathNot: ['^$1/$2/', '(^|/)libs/[^/]+/dist/index\\.'],
      },
    ),
    wall(
      'declared-only',
      'a package that package.json does not list',
      { path: '^(libs|services)/[^/]+/src/', pathNot: TEST },
      { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    ),
  ],
  options: {
    doNotFollow: { path: ['node_modules', '/dist/'] },
    exclude: { path: ['(^|/)(libs|services)/[^/]+/dist/.*\\.test\\.', '^test/dist/'] },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { connect } from 'node:net';
import { Child, findOnPath, freePort, until } from '@waystation/testkit';
import { CERTIFICATE, CERTIFICATE_KEY } from './certificate.js';
import { BASE, DIRECTORY, type TestEntry } from './directory-content.js';
import type { TestDirectory } from './directory-server.js';

/** OpenLDAP's server, where Debian puts it or on PATH; undefined when the machine has none. */
export function findSlapd(): string | undefined {
  if (existsSync('/usr/sbin/slapd')) return '/usr/sbin/slapd';
  try {
    return findOnPath(['slapd']);
  } catch {
    // Not installed.
    return undefined;
  }
}

/** Starts a private OpenLDAP with the test directory; searches take a bind. */
export async function startSlapd(program: string): Promise<TestDirectory> {
  const folder = mkdtempSync(join(tmpdir(), 'api-slapd-'));
  const [port, securePort] = [await freePort(), await freePort()];
  const settings = prepare(folder, resolve(dirname(program), '../..'));
  const load = join(dirname(program), 'slapadd');
  execFileSync(load, ['-f', settings, '-l', join(folder, 'content.ldif')], { stdio: 'pipe' });
  const addresses = `ldap://127.0.0.1:${port} ldaps://127.0.0.1:${securePort}`;
  const child = new Child({
    command: program,
    args: ['-f', settings, '-h', addresses, '-d', '0'],
    cwd: folder,
    env: {},
  });
  const stop = async (): Promise<void> => {
    await child.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  await until(() => isOpen(securePort), { what: 'slapd' }).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    url: `ldap://127.0.0.1:${port}`,
    secureUrl: `ldaps://127.0.0.1:${securePort}`,
    stop,
  };
}

/** Writes settings, certificate and content; returns the path of the settings. */
function prepare(folder: string, root: string): string {
  const schemas = ['core', 'cosine', 'inetorgperson'].map((name) =>
    join(root, 'etc/ldap/schema', `${name}.schema`),
  );
  const data = join(folder, 'data');
  mkdirSync(data);
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const certificate = file('cert.pem', CERTIFICATE);
  const key = file('key.pem', CERTIFICATE_KEY);
  file('content.ldif', DIRECTORY.map(ldif).join('\n'));
  return file(
    'slapd.conf',
    [
      ...schemas.map((path) => `include ${path}`),
      `modulepath ${join(root, 'usr/lib/ldap')}`,
      'moduleload back_mdb',
      `pidfile ${join(folder, 'pid')}`,
      `TLSCertificateFile ${certificate}`,
      `TLSCertificateKeyFile ${key}`,
      'database mdb',
      `suffix "${BASE}"`,
      `directory ${data}`,
      'access to attrs=userPassword by anonymous auth by * none',
      'access to * by users read by * none',
      '',
    ].join('\n'),
  );
}

function ldif({ dn, password, attributes }: TestEntry): string {
  const own = Object.entries(attributes).flatMap(([name, values]) =>
    values.map((value) => `${name}: ${value}`),
  );
  const secret = password === undefined ? [] : [`userPassword: ${password}`];
  return [`dn: ${dn}`, ...own, ...secret, ''].join('\n');
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
    socket.once('connect', () => socket.destroy());
  });
}

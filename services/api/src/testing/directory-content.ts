/** One entry of the test directory. */
export interface TestEntry {
  readonly dn: string;
  readonly password?: string;
  readonly attributes: Readonly<Record<string, readonly string[]>>;
}

export const BASE = 'dc=example,dc=org';
export const BIND_DN = `cn=api,ou=services,${BASE}`;
export const BIND_PASSWORD = 'secret of the api';

const PEOPLE = `ou=people,${BASE}`;
const GROUPS = `ou=groups,${BASE}`;

function unit(name: string): TestEntry {
  return {
    dn: `ou=${name},${BASE}`,
    attributes: { objectClass: ['organizationalUnit'], ou: [name] },
  };
}

function person(uid: string, more: Readonly<Record<string, readonly string[]>> = {}): TestEntry {
  const names = { uid: [uid], cn: [uid], sn: [uid] };
  return {
    dn: `uid=${uid},${PEOPLE}`,
    password: `password of ${uid}`,
    attributes: { objectClass: ['person', 'inetOrgPerson'], ...names, ...more },
  };
}

function group(cn: string, ...members: string[]): TestEntry {
  const member = members.map((uid) => `uid=${uid},${PEOPLE}`);
  return {
    dn: `cn=${cn},${GROUPS}`,
    attributes: { objectClass: ['groupOfNames'], cn: [cn], member },
  };
}

/** What both directory servers of the tests hold. */
export const DIRECTORY: readonly TestEntry[] = [
  {
    dn: BASE,
    attributes: { objectClass: ['dcObject', 'organization'], dc: ['example'], o: ['Example'] },
  },
  unit('services'),
  unit('people'),
  unit('groups'),
  {
    dn: BIND_DN,
    password: BIND_PASSWORD,
    attributes: { objectClass: ['person'], cn: ['api'], sn: ['api'] },
  },
  person('lena', { mail: ['lena@example.org'], displayName: ['Lena L.'] }),
  person('otto'),
  person('paul'),
  // a name that would mean something in a filter and in a DN
  person('st*r'),
  group('remote', 'lena', 'otto', 'st*r'),
  group('remote-admins', 'otto'),
];

import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { TLSSocket, createSecureContext, createServer as createTlsServer } from 'node:tls';
import {
  AndFilter,
  BerReader,
  BerWriter,
  BindRequest,
  EqualityFilter,
  ExtendedRequest,
  type Filter,
  OrFilter,
  PresenceFilter,
  SearchRequest,
} from 'ldapts';
import { CERTIFICATE, CERTIFICATE_KEY } from './certificate.js';
import { DIRECTORY, type TestEntry } from './directory-content.js';

/** A directory server of the tests. */
export interface TestDirectory {
  readonly url: string;
  readonly secureUrl: string;
  stop(): Promise<void>;
}

/** LDAP's numbers (RFC 4511): operations and results. */
const OP = {
  bind: 0x60,
  unbind: 0x42,
  search: 0x63,
  extended: 0x77,
  bindAnswer: 0x61,
  entry: 0x64,
  searchDone: 0x65,
  extendedAnswer: 0x78,
} as const;
const RESULT = { success: 0, invalidCredentials: 49, insufficientAccess: 50 } as const;

/** A small LDAP server: bind, search with and/or/equality/presence, StartTLS. */
export class SmallDirectory implements TestDirectory {
  readonly #sockets = new Set<Socket>();
  /** True: accepts connections and answers nothing. */
  mute = false;
  /** What it holds; tests may change it. */
  readonly entries: TestEntry[] = [...DIRECTORY];
  /** What clients have bound as, in order, and whether the connection was encrypted. */
  readonly binds: { readonly dn: string; readonly encrypted: boolean }[] = [];

  private constructor(
    private readonly plain: Server,
    private readonly secure: Server,
  ) {}

  static async start(): Promise<SmallDirectory> {
    const plain = createServer();
    const secure = createTlsServer({ cert: CERTIFICATE, key: CERTIFICATE_KEY });
    for (const server of [plain, secure]) {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    }
    const directory = new SmallDirectory(plain, secure);
    plain.on('connection', (socket) => directory.#serve(socket, false));
    secure.on('secureConnection', (socket) => directory.#serve(socket, true));
    // a client that does not like the certificate
    secure.on('tlsClientError', () => undefined);
    return directory;
  }

  get url(): string {
    return `ldap://127.0.0.1:${(this.plain.address() as AddressInfo).port}`;
  }

  get secureUrl(): string {
    return `ldaps://127.0.0.1:${(this.secure.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(
      [this.plain, this.secure].map((server) => new Promise((resolve) => server.close(resolve))),
    );
  }

  #serve(socket: Socket, encrypted: boolean): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    const session = { bound: false };
    let pending = Buffer.alloc(0);
    const onData = (chunk: Buffer): void => {
      pending = Buffer.concat([pending, chunk]);
      for (;;) {
        const size = messageBytes(pending);
        if (size === undefined || pending.length < size || this.mute) return;
        const message = pending.subarray(0, size);
        pending = pending.subarray(size);
        if (this.#take(socket, message, session, encrypted) !== 'upgrade') continue;
        socket.removeListener('data', onData);
        return this.#upgrade(socket);
      }
    };
    socket.on('data', onData);
  }

  #upgrade(socket: Socket): void {
    const secureContext = createSecureContext({ cert: CERTIFICATE, key: CERTIFICATE_KEY });
    this.#serve(new TLSSocket(socket, { isServer: true, secureContext }), true);
  }

  #take(
    socket: Socket,
    message: Buffer,
    session: { bound: boolean },
    encrypted: boolean,
  ): 'upgrade' | undefined {
    const reader = new BerReader(message);
    reader.readSequence();
    const messageId = reader.readInt() ?? 0;
    switch (reader.readSequence()) {
      case OP.bind:
        this.#bind(socket, messageId, reader, session, encrypted);
        return undefined;
      case OP.search:
        search(socket, messageId, reader, session.bound ? this.entries : undefined);
        return undefined;
      case OP.extended: {
        new ExtendedRequest({ messageId }).parse(reader, []);
        result(socket, messageId, OP.extendedAnswer, RESULT.success);
        return 'upgrade';
      }
      default:
        socket.end();
        return undefined;
    }
  }

  #bind(
    socket: Socket,
    messageId: number,
    reader: BerReader,
    session: { bound: boolean },
    encrypted: boolean,
  ): void {
    const request = new BindRequest({ messageId });
    request.parse(reader, []);
    const { dn, password } = request;
    this.binds.push({ dn, encrypted });
    const entry = this.entries.find((one) => one.dn.toLowerCase() === dn.toLowerCase());
    // as real servers do: an empty password binds, as nobody
    const right = password === '' || (entry?.password !== undefined && entry.password === password);
    session.bound = right && password !== '';
    const code = right ? RESULT.success : RESULT.invalidCredentials;
    result(socket, messageId, OP.bindAnswer, code);
  }
}

/** Only for those who have bound; to all others there are no entries. */
function search(
  socket: Socket,
  messageId: number,
  reader: BerReader,
  entries: readonly TestEntry[] | undefined,
): void {
  const request = new SearchRequest({ messageId, filter: new PresenceFilter() });
  request.parse(reader, []);
  const { insufficientAccess, success } = RESULT;
  if (!entries) return result(socket, messageId, OP.searchDone, insufficientAccess);
  const base = request.baseDN.toLowerCase();
  for (const entry of entries) {
    const dn = entry.dn.toLowerCase();
    const inside = request.scope === 'base' ? dn === base : dn.endsWith(base);
    const attributes = attributesOf(entry, entries);
    if (inside && matches(request.filter, attributes)) {
      send(socket, entryMessage(messageId, entry.dn, attributes));
    }
  }
  result(socket, messageId, OP.searchDone, success);
}

type Attributes = TestEntry['attributes'];

function matches(filter: Filter, entry: Attributes): boolean {
  if (filter instanceof AndFilter) return filter.filters.every((one) => matches(one, entry));
  if (filter instanceof OrFilter) return filter.filters.some((one) => matches(one, entry));
  // only asked of objectClass, which every entry has; inside of others its name is not read rightly
  if (filter instanceof PresenceFilter) return true;
  if (!(filter instanceof EqualityFilter)) return false;
  const wanted = String(filter.value).toLowerCase();
  return valuesOf(entry, filter.attribute).some((value) => value.toLowerCase() === wanted);
}

function valuesOf(all: Attributes, attribute: string): readonly string[] {
  const name = Object.keys(all).find((key) => key.toLowerCase() === attribute.toLowerCase());
  return name === undefined ? [] : (all[name] ?? []);
}

/** With what a server adds itself. */
function attributesOf(entry: TestEntry, entries: readonly TestEntry[]): Attributes {
  const groups = entries.filter(({ attributes }) => attributes['member']?.includes(entry.dn));
  const memberOf = groups.map(({ dn }) => dn);
  return { entryUUID: [`uuid of ${entry.dn}`], ...entry.attributes, memberOf };
}

function entryMessage(
  messageId: number,
  dn: string,
  attributes: Attributes,
): (writer: BerWriter) => void {
  return (writer) => {
    writer.writeInt(messageId);
    writer.startSequence(OP.entry);
    writer.writeString(dn);
    writer.startSequence();
    for (const [name, values] of Object.entries(attributes)) {
      writer.startSequence();
      writer.writeString(name);
      writer.startSequence(0x31);
      for (const value of values) writer.writeString(value);
      writer.endSequence();
      writer.endSequence();
    }
    writer.endSequence();
    writer.endSequence();
  };
}

function result(socket: Socket, messageId: number, operation: number, code: number): void {
  send(socket, (writer) => {
    writer.writeInt(messageId);
    writer.startSequence(operation);
    writer.writeEnumeration(code);
    writer.writeString('');
    writer.writeString('');
    writer.endSequence();
  });
}

function send(socket: Socket, write: (writer: BerWriter) => void): void {
  const writer = new BerWriter();
  writer.startSequence();
  write(writer);
  writer.endSequence();
  socket.write(writer.buffer);
}

/** The length of the message that begins here; undefined until its head is complete. */
function messageBytes(bytes: Buffer): number | undefined {
  const [, first] = bytes;
  if (first === undefined) return undefined;
  if (first < 0x80) return 2 + first;
  const digits = first & 0x7f;
  if (bytes.length < 2 + digits) return undefined;
  return 2 + digits + bytes.readUIntBE(2, digits);
}

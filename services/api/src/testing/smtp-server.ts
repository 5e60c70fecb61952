import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { TLSSocket, createSecureContext } from 'node:tls';
import { CERTIFICATE, CERTIFICATE_KEY } from './certificate.js';

/** A mail as it was handed over. */
export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Header and body. */
  readonly text: string;
  readonly encrypted: boolean;
  /** Account and password that the sender showed; empty without any. */
  readonly login: string;
}

interface SmtpOptions {
  readonly startTls?: boolean;
  /** Refuses every mail with this answer. */
  readonly refuse?: string;
  /** Accepts connections and says nothing. */
  readonly mute?: boolean;
}

interface Envelope {
  from: string;
  to: string[];
  login: string;
}

/** A small mail server that keeps what it gets: RFC 5321 with STARTTLS and AUTH PLAIN. */
export class SmtpTestServer {
  readonly mails: ReceivedMail[] = [];
  readonly #sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly options: SmtpOptions,
  ) {}

  static async start(options: SmtpOptions = {}): Promise<SmtpTestServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const smtp = new SmtpTestServer(server, options);
    server.on('connection', (socket) => smtp.#serve(socket));
    return smtp;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    if (this.options.mute === true) return;
    socket.write('220 test ESMTP\r\n');
    this.#talk(socket, false);
  }

  #talk(socket: Socket, encrypted: boolean): void {
    const envelope: Envelope = { from: '', to: [], login: '' };
    let pending = '';
    let data: string[] | undefined;
    const onLine = (line: string): void => {
      if (data === undefined) {
        const upgrade = this.options.startTls === true && /^STARTTLS/i.test(line);
        if (upgrade) return this.#upgrade(socket, onData);
        if (/^DATA/i.test(line)) data = [];
        socket.write(`${this.#answer(line, envelope, encrypted)}\r\n`);
        return;
      }
      if (line !== '.') {
        data.push(line);
        return;
      }
      this.mails.push({
        ...envelope,
        to: [...envelope.to],
        text: data.join('\n').replaceAll('=\n', ''),
        encrypted,
      });
      data = undefined;
      envelope.to = [];
      socket.write('250 kept\r\n');
    };
    const onData = (chunk: Buffer): void => {
      const lines = (pending + chunk.toString()).split('\r\n');
      pending = lines.pop() ?? '';
      for (const line of lines) onLine(line);
    };
    socket.on('data', onData);
  }

  #upgrade(socket: Socket, onData: (chunk: Buffer) => void): void {
    socket.write('220 go ahead\r\n');
    socket.removeListener('data', onData);
    const secureContext = createSecureContext({ cert: CERTIFICATE, key: CERTIFICATE_KEY });
    const secure = new TLSSocket(socket, { isServer: true, secureContext });
    secure.on('error', () => socket.destroy());
    this.#talk(secure, true);
  }

  #answer(line: string, envelope: Envelope, encrypted: boolean): string {
    const argument = /<([^>]*)>/.exec(line)?.[1] ?? '';
    switch (line.slice(0, 4).toUpperCase()) {
      case 'EHLO': {
        const tls = this.options.startTls === true && !encrypted ? ['250-STARTTLS'] : [];
        return ['250-test', ...tls, '250 AUTH PLAIN'].join('\r\n');
      }
      case 'AUTH':
        envelope.login = Buffer.from(line.split(' ')[2] ?? '', 'base64').toString();
        return '235 welcome';
      case 'MAIL':
        envelope.from = argument;
        return this.options.refuse ?? '250 fine';
      case 'RCPT':
        envelope.to.push(argument);
        return '250 fine';
      case 'DATA':
        return '354 go on';
      case 'STAR':
        return '502 not here';
      case 'QUIT':
        return '221 bye';
      default:
        return '250 fine';
    }
  }
}

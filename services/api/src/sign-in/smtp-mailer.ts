import type { OnModuleDestroy } from '@nestjs/common';
import { createTransport } from 'nodemailer';
import type { Mailer } from '../accounts/mail-codes.js';
import type { ApiConfig } from '../api-config.js';
import { certificates } from './certificates.js';

/** For each stage of a delivery; the client's own patience is 12 s. */
const STAGE_MS = 3000;
const MAX_CONNECTIONS = 3;
/** A mail waits at most so long, connection and all. */
const DELIVERY_MS = 9000;

type SmtpConfig = Pick<
  ApiConfig,
  'smtpHost' | 'smtpPort' | 'smtpTls' | 'smtpUser' | 'smtpPassword' | 'smtpFrom' | 'smtpCaFile'
>;

/** Hands mails over to the operator's mail server. */
export class SmtpMailer implements Mailer, OnModuleDestroy {
  readonly enabled: boolean;
  readonly #transport: ReturnType<typeof transport> | undefined;

  /** Throws StartError when the certificates cannot be read. */
  constructor(private readonly config: SmtpConfig) {
    this.enabled = config.smtpHost !== '';
    this.#transport = this.enabled ? transport(config) : undefined;
  }

  onModuleDestroy(): void {
    this.#transport?.close();
  }

  /** Rejects with the reason when the mail server cannot be used now; sends nothing. */
  async check(): Promise<void> {
    await this.#transport?.verify();
  }

  async send(mail: { to: string; subject: string; text: string }): Promise<void> {
    if (this.#transport === undefined) throw new Error('there is no mail server');
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error('the mail server is too slow')), DELIVERY_MS);
    const sent = this.#transport.sendMail({ ...mail, from: this.config.smtpFrom });
    try {
      await Promise.race([sent, late]);
    } finally {
      clearTimeout(timer);
      sent.catch(() => undefined);
    }
  }
}

function transport(config: SmtpConfig) {
  const { smtpHost, smtpPort, smtpTls, smtpUser, smtpPassword, smtpCaFile } = config;
  const login = { auth: { user: smtpUser, pass: smtpPassword } };
  return createTransport({
    host: smtpHost,
    port: smtpPort,
    secure: smtpTls === 'tls',
    requireTLS: smtpTls === 'starttls',
    ignoreTLS: smtpTls === 'none',
    ...(smtpUser === '' ? {} : login),
    tls: smtpCaFile === '' ? {} : { ca: certificates('SMTP_CA_FILE', smtpCaFile) },
    pool: true,
    maxConnections: MAX_CONNECTIONS,
    connectionTimeout: STAGE_MS,
    greetingTimeout: STAGE_MS,
    socketTimeout: STAGE_MS,
    // a mail never comes from a file or an address that somebody put into it
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

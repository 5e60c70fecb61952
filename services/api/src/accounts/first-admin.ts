import { randomBytes } from 'node:crypto';
import type { OnModuleInit } from '@nestjs/common';
import type { Log } from '@waystation/ops';
import type { UserStore } from '../store/user-store.js';
import { hashPassword } from './password.js';

const NAME = 'admin';
const PASSWORD_BYTES = 12;

/** Makes the first administrator of a new database and tells the operator the password, once. */
export class FirstAdmin implements OnModuleInit {
  constructor(
    private readonly users: UserStore,
    private readonly log: Log,
    /** Where the operator looks; not the log, whose lines are kept and shipped. */
    private readonly announce: (line: string) => unknown = (line) => process.stdout.write(line),
  ) {}

  async onModuleInit(): Promise<void> {
    const password = randomBytes(PASSWORD_BYTES).toString('base64url');
    const passwordHash = await hashPassword(password);
    const user = await this.users.createFirst({
      name: NAME,
      passwordHash,
      isAdmin: true,
      passwordGiven: true,
    });
    if (user === undefined) return this.#advise();
    this.log.info('created the first administrator', { user: NAME });
    this.announce(`First administrator: ${NAME}, password ${password} (shown only this once)\n`);
  }

  /** A password that was printed may have been read by others, or lie in a log that is kept. */
  async #advise(): Promise<void> {
    const admin = await this.users.byName(NAME);
    if (admin?.password_given !== 1 || admin.password_hash === null) return;
    this.log.warn('the first administrator still has the password that was printed; change it');
  }
}

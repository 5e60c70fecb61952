import { randomUUID } from 'node:crypto';
import type { Flag, UserStatus, UserTable } from './account-tables.js';
import type { Store } from './open-store.js';

/** What a new user may be given; everything else begins empty. */
export interface NewUser {
  readonly name: string;
  readonly passwordHash: string | null;
  readonly isAdmin?: boolean;
  /** Without it he may sign in at once. */
  readonly status?: UserStatus;
  /** Somebody else made the password. */
  readonly passwordGiven?: boolean;
  readonly displayName?: string;
  readonly email?: string;
  readonly note?: string;
  readonly groupGuid?: string | null;
}

/** Names that differ only in case or in how accents are written are one. */
export function nameKey(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

/** The SQL of users. */
export class UserStore {
  constructor(private readonly db: Store) {}

  byName(name: string): Promise<UserTable | undefined> {
    const found = this.db.selectFrom('users').selectAll();
    return found.where('name_key', '=', nameKey(name)).executeTakeFirst();
  }

  byGuid(guid: string): Promise<UserTable | undefined> {
    return this.db.selectFrom('users').selectAll().where('guid', '=', guid).executeTakeFirst();
  }

  /** Undefined when the name is taken. */
  async create(user: NewUser): Promise<UserTable | undefined> {
    const row = userRow(user);
    const added = await this.db
      .insertInto('users')
      .values(row)
      .onConflict((conflict) => conflict.column('name_key').doNothing())
      .executeTakeFirst();
    return added.numInsertedOrUpdatedRows === 1n ? row : undefined;
  }

  /** Creates the user if this has never been done on this database, users deleted since or not. */
  async createFirst(user: NewUser): Promise<UserTable | undefined> {
    return this.db.transaction().execute(async (trx) => {
      const marked = await trx
        .insertInto('settings')
        .values({ name: 'first-user', value: user.name })
        .onConflict((conflict) => conflict.column('name').doNothing())
        .executeTakeFirst();
      if (marked.numInsertedOrUpdatedRows !== 1n) return undefined;
      const row = userRow(user);
      await trx.insertInto('users').values(row).execute();
      return row;
    });
  }

  async update(guid: string, changes: Partial<Omit<UserTable, 'guid'>>): Promise<boolean> {
    const done = await this.db
      .updateTable('users')
      .set(changes)
      .where('guid', '=', guid)
      .executeTakeFirst();
    return done.numUpdatedRows === 1n;
  }

  /** Marks a time step as used; false when it, or a later one, already was. */
  async useTotpStep(guid: string, step: number): Promise<boolean> {
    const done = await this.db
      .updateTable('users')
      .set({ totp_last_step: step })
      .where('guid', '=', guid)
      .where('totp_last_step', '<', step)
      .executeTakeFirst();
    return done.numUpdatedRows === 1n;
  }

  /** Sets or clears the second factor together with its recovery codes. */
  async setTotp(guid: string, sealedSecret: string | null, codeHashes: string[]): Promise<void> {
    await this.db.transaction().execute(async (trx) => {
      await trx
        .updateTable('users')
        .set({ totp_secret: sealedSecret, totp_last_step: 0 })
        .where('guid', '=', guid)
        .execute();
      await trx.deleteFrom('recovery_codes').where('user_guid', '=', guid).execute();
      const rows = codeHashes.map((hash) => ({ user_guid: guid, hash }));
      if (rows.length > 0) await trx.insertInto('recovery_codes').values(rows).execute();
    });
  }

  /** Uses a recovery code up; false when there is no such code. */
  async useRecoveryCode(guid: string, hash: string): Promise<boolean> {
    const done = await this.db
      .deleteFrom('recovery_codes')
      .where('user_guid', '=', guid)
      .where('hash', '=', hash)
      .executeTakeFirst();
    return done.numDeletedRows === 1n;
  }
}

function userRow(user: NewUser): UserTable {
  return {
    guid: randomUUID(),
    name: user.name,
    name_key: nameKey(user.name),
    display_name: user.displayName ?? '',
    email: user.email ?? '',
    avatar: '',
    note: user.note ?? '',
    password_hash: user.passwordHash,
    status: user.status ?? 1,
    is_admin: (user.isAdmin === true ? 1 : 0) satisfies Flag,
    group_guid: user.groupGuid ?? null,
    strategy_guid: null,
    control_role_guid: null,
    totp_secret: null,
    totp_last_step: 0,
    mail_code: 0,
    totp_required: 0,
    password_given: user.passwordGiven === true ? 1 : 0,
    created_at: Date.now(),
  };
}

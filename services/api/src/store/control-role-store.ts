import { randomUUID } from 'node:crypto';
import type { ControlRoleTable } from './account-tables.js';
import { like } from './like.js';
import type { Store } from './open-store.js';
import { ROLE_CHANGES, revisionOf } from './revision.js';
import { nameKey } from './user-store.js';
import type { Page, Paged } from '../http/page.js';

/** Users that one statement names. */
const PORTION = 500;

/** What a role is made of; `null` applies to the users that it is given to. */
export type NewControlRole = Pick<ControlRoleTable, 'name' | 'applies_to' | 'permissions'>;

/** The SQL of control roles. */
export class ControlRoleStore {
  constructor(private readonly db: Store) {}

  /** Another one after every change of a role or of who has which. */
  revision(): Promise<string> {
    return revisionOf(this.db, ROLE_CHANGES);
  }

  /** Every role, and the role of each user who has one of his own. */
  async all(): Promise<{
    roles: ControlRoleTable[];
    users: { guid: string; role: string | null }[];
  }> {
    const roles = await this.db.selectFrom('control_roles').selectAll().execute();
    const users = this.db.selectFrom('users').select(['guid', 'control_role_guid as role']);
    return { roles, users: await users.where('control_role_guid', 'is not', null).execute() };
  }

  async list(name: string | undefined, page: Page): Promise<Paged<ControlRoleTable>> {
    const matching = this.db
      .selectFrom('control_roles')
      .$if(name !== undefined, (query) => query.where(like('name', name ?? '')));
    const counted = matching.select(({ fn }) => fn.countAll<number>().as('total'));
    const { total } = await counted.executeTakeFirstOrThrow();
    const part = matching.selectAll().orderBy('name_key').limit(page.limit).offset(page.offset);
    return { total, data: await part.execute() };
  }

  byGuid(guid: string): Promise<ControlRoleTable | undefined> {
    const found = this.db.selectFrom('control_roles').selectAll();
    return found.where('guid', '=', guid).executeTakeFirst();
  }

  /** Undefined when the name is taken, or there is one already for these callers. */
  async create(role: NewControlRole): Promise<string | undefined> {
    const guid = randomUUID();
    const done = await this.db
      .insertInto('control_roles')
      .values({ ...role, guid, name_key: nameKey(role.name), enabled: 1, created_at: Date.now() })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    return done.numInsertedOrUpdatedRows === 1n ? guid : undefined;
  }

  /** Whose name this is; undefined when it is free. */
  async ownerOf(name: string): Promise<string | undefined> {
    const found = this.db.selectFrom('control_roles').select('guid');
    return (await found.where('name_key', '=', nameKey(name)).executeTakeFirst())?.guid;
  }

  async update(
    guid: string,
    changes: Partial<Pick<ControlRoleTable, 'name' | 'enabled' | 'permissions'>>,
  ): Promise<void> {
    const { name } = changes;
    const set = { guid, ...changes, ...(name === undefined ? {} : { name_key: nameKey(name) }) };
    await this.db.updateTable('control_roles').set(set).where('guid', '=', guid).execute();
  }

  /** Its users stay, without a role of their own. False when there is none. */
  async remove(guid: string): Promise<boolean> {
    const done = this.db.deleteFrom('control_roles').where('guid', '=', guid);
    return (await done.executeTakeFirst()).numDeletedRows === 1n;
  }

  /** Null takes theirs away. */
  async assign(guid: string | null, userGuids: readonly string[]): Promise<void> {
    await this.db.transaction().execute(async (trx) => {
      for (let at = 0; at < userGuids.length; at += PORTION) {
        const users = trx.updateTable('users').set({ control_role_guid: guid });
        await users.where('guid', 'in', userGuids.slice(at, at + PORTION)).execute();
      }
    });
  }
}

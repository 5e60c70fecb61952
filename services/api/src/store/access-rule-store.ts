import type { AccessGrantTable } from './account-tables.js';
import { type ListShape, Listing, type ListWish } from './listing.js';
import type { Store } from './open-store.js';
import type { Page, Paged } from '../http/page.js';

/** A rule as operators list it. */
export interface ListedAccessRule extends AccessGrantTable {
  /** See `accessRuleId`. */
  readonly id: string;
  readonly from_name: string;
  readonly to_name: string;
}

/** The list of rules: whom they name is looked up, so that it can be narrowed by. */
export const accessRulesShape = {
  from: `(select g.from_kind || '.' || g.from_guid || '.' || g.to_kind || '.' || g.to_guid as id,
      g.from_kind, g.from_guid, g.to_kind, g.to_guid,
      coalesce(users.name, from_group.name, '') as from_name,
      coalesce(to_group.name, device_groups.name, '') as to_name
    from access_grants g
      left join users on g.from_kind = 'user' and users.guid = g.from_guid
      left join user_groups from_group
        on g.from_kind = 'user-group' and from_group.guid = g.from_guid
      left join user_groups to_group on g.to_kind = 'user-group' and to_group.guid = g.to_guid
      left join device_groups
        on g.to_kind = 'device-group' and device_groups.guid = g.to_guid) access_rules`,
  columns: 'access_rules.*',
  filters: {
    from: { columns: ['access_rules.from_name'], compare: 'word' },
    to: { columns: ['access_rules.to_name'], compare: 'word' },
    from_kind: { columns: ['access_rules.from_kind'], compare: 'id' },
    to_kind: { columns: ['access_rules.to_kind'], compare: 'id' },
  },
  sorts: { from: 'access_rules.from_name', to: 'access_rules.to_name' },
  column: 'access_rules.from_name',
  direction: 'asc',
  key: 'access_rules.id',
} as const satisfies ListShape;

/** What a rule is called: all that it says, because it says nothing else. */
export function accessRuleId(rule: AccessGrantTable): string {
  return [rule.from_kind, rule.from_guid, rule.to_kind, rule.to_guid].join('.');
}

/** The SQL of rules one by one; GroupStore replaces those of a group. */
export class AccessRuleStore {
  constructor(private readonly db: Store) {}

  list(wish: ListWish, page: Page): Promise<Paged<ListedAccessRule>> {
    return new Listing<ListedAccessRule>(this.db, accessRulesShape).page(wish, page);
  }

  /** False when there is this rule already. */
  async add(rule: AccessGrantTable): Promise<boolean> {
    return insertRule(this.db, rule);
  }

  /** False when there is no such rule. */
  async remove(rule: AccessGrantTable): Promise<boolean> {
    return deleteRule(this.db, rule);
  }

  /** Puts one rule in the place of another; nothing is changed when that one is gone. */
  async replace(old: AccessGrantTable, rule: AccessGrantTable): Promise<boolean> {
    return this.db.transaction().execute(async (trx) => {
      if (!(await deleteRule(trx, old))) return false;
      await insertRule(trx, rule);
      return true;
    });
  }
}

async function insertRule(db: Store, rule: AccessGrantTable): Promise<boolean> {
  const insert = db.insertInto('access_grants').values(rule);
  const done = await insert.onConflict((conflict) => conflict.doNothing()).executeTakeFirst();
  return done.numInsertedOrUpdatedRows === 1n;
}

async function deleteRule(db: Store, rule: AccessGrantTable): Promise<boolean> {
  const { from_kind, from_guid, to_kind, to_guid } = rule;
  const done = await db
    .deleteFrom('access_grants')
    .where((where) => where.and({ from_kind, from_guid, to_kind, to_guid }))
    .executeTakeFirst();
  return done.numDeletedRows === 1n;
}

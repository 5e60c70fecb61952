import type { ListedDevice } from './device-list-store.js';
import type { ListedUser } from './user-list-store.js';
import type { Page, Paged } from '../http/page.js';
import type {
  AlarmAuditTable,
  ConnAuditTable,
  ConsoleAuditTable,
  FileAuditTable,
} from './audit-tables.js';
import { type ListName, listShapes } from './list-shapes.js';
import { Listing, type ListWish } from './listing.js';
import type { Store } from './open-store.js';
import type { AttemptTable, SessionTable } from './record-tables.js';

/** What each list is made of. */
export interface Listed {
  devices: ListedDevice;
  users: ListedUser;
  sessions: SessionTable;
  attempts: AttemptTable;
  audit_conns: ConnAuditTable;
  audit_files: FileAuditTable;
  audit_alarms: AlarmAuditTable;
  audit_console: ConsoleAuditTable;
}

/** Every list that operators see. */
export class Lists {
  constructor(private readonly db: Store) {}

  page<N extends ListName>(name: N, wish: ListWish, page: Page): Promise<Paged<Listed[N]>> {
    return this.#listing(name).page(wish, page);
  }

  all<N extends ListName>(name: N, wish: ListWish): AsyncGenerator<readonly Listed[N][]> {
    return this.#listing(name).all(wish);
  }

  #listing<N extends ListName>(name: N): Listing<Listed[N]> {
    return new Listing<Listed[N]>(this.db, listShapes[name]);
  }
}

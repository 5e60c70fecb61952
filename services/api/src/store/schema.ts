import type { AccountTables } from './account-tables.js';
import type { AuditTables } from './audit-tables.js';
import type { BookTables } from './book-tables.js';
import type { DeviceTables } from './device-tables.js';
import type { RecordTables } from './record-tables.js';
import type { SignInTables } from './sign-in-tables.js';

/**
 * Every table, as code sees it. The same on SQLite and PostgreSQL: only text and integers; a time is
 * in milliseconds since 1970, a flag is 0 or 1, lists and objects are JSON text.
 */
export interface Schema
  extends AccountTables, DeviceTables, BookTables, AuditTables, RecordTables, SignInTables {}

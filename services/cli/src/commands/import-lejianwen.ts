import { takeOver, type TakenTable } from '../accounts.js';
import type { Arguments } from '../arguments.js';
import type { Command } from '../command.js';
import { Failure } from '../failure.js';
import { columns, say } from '../output.js';
import { readTables } from '../upstream/sqlite-rows.js';

const TABLES = [
  'groups',
  'device_groups',
  'users',
  'address_book_collections',
  'address_book_collection_rules',
  'tags',
  'address_books',
  'peers',
];
/** More would scroll away what matters; the counts tell the rest. */
const MOST_LISTED = 50;

export const importLejianwenCommand: Command = {
  name: 'import lejianwen',
  usage: 'DATABASE [--apply] [--admins]',
  meaning:
    'take users, groups, address books and devices over from lejianwen/rustdesk-api; without --apply it only tells what would happen',
  flags: { apply: false, admins: false },
  mostWords: 1,
  run: importLejianwen,
};

async function importLejianwen(given: Arguments): Promise<number> {
  const path = given.required(0, 'The database of rustdesk-api');
  const tables = await readTables(path, TABLES);
  if (tables['users']?.length === 0) throw new Failure(`${path} has no users.`);
  const [apply, admins] = [given.has('apply'), given.has('admins')];
  const { tables: done, administrators } = await takeOver({ apply, admins, tables });
  const counts = Object.entries(done).map(([name, { read, taken, skipped }]) => [
    ...[name, String(read), String(taken), String(skipped.length)],
  ]);
  for (const line of columns([['TABLE', 'READ', 'TAKEN', 'SKIPPED'], ...counts])) say(line);
  for (const [name, table] of Object.entries(done)) listSkipped(name, table);
  if (administrators.length > 0) {
    const names = administrators.join(', ');
    say(`Administrators there: ${names}. They ${admins ? 'are' : 'need --admins to be'} so here.`);
  }
  say('Passwords are not taken over: users sign in through OIDC or LDAP, or after `user passwd`.');
  if (!apply) say('Nothing was changed; repeat this with --apply to do it.');
  return 0;
}

function listSkipped(name: string, { skipped }: TakenTable): void {
  const lines = skipped.map(({ row, reason }) => `  ${name} ${row}: ${reason}`);
  for (const line of lines.slice(0, MOST_LISTED)) say(line);
  if (lines.length > MOST_LISTED) say(`  ${name}: ${lines.length - MOST_LISTED} more`);
}

import { randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';
import type { Arguments } from '../arguments.js';
import type { Command } from '../command.js';
import { columns, say } from '../output.js';
import { Rest, SERVER_USAGE, serverFlags } from '../rest.js';
import { usersHere, usersThere, type Users } from '../users.js';

const PASSWORD_BYTES = 12;
const NAME = 'The name of the user';

const passwordFlag = { 'password-stdin': false };

export const userCommands: readonly Command[] = [
  {
    name: 'user list',
    usage: SERVER_USAGE,
    meaning: 'list the accounts',
    flags: serverFlags,
    mostWords: 0,
    run: async (given) => {
      const users = await (await usersFor(given)).list();
      const rows = users.map(({ name, email, is_admin, status }) => [
        name,
        is_admin ? 'administrator' : 'user',
        status === 1 ? 'enabled' : 'disabled',
        email,
      ]);
      for (const line of columns([['NAME', 'ROLE', 'STATE', 'E-MAIL'], ...rows])) say(line);
      return 0;
    },
  },
  {
    name: 'user add',
    usage: `NAME [--admin] [--email ADDRESS] [--password-stdin] ${SERVER_USAGE}`,
    meaning: 'add an account; without --password-stdin a password is made and shown once',
    flags: { ...serverFlags, ...passwordFlag, admin: false, email: true },
    mostWords: 1,
    run: async (given) => {
      const name = given.required(0, NAME);
      const { password, made } = await newPassword(given);
      const email = given.text('email') ?? '';
      const users = await usersFor(given);
      await users.add({ name, password, email, is_admin: given.has('admin') });
      say(`Added ${name}.`);
      if (made) say(`Password: ${password}`);
      return 0;
    },
  },
  {
    name: 'user passwd',
    usage: `NAME [--password-stdin] ${SERVER_USAGE}`,
    meaning: 'give an account a new password and end its logins',
    flags: { ...serverFlags, ...passwordFlag },
    mostWords: 1,
    run: async (given) => {
      const name = given.required(0, NAME);
      const { password, made } = await newPassword(given);
      await (await usersFor(given)).setPassword(name, password);
      say(`Changed the password of ${name}; its logins have ended.`);
      if (made) say(`Password: ${password}`);
      return 0;
    },
  },
  statusCommand('disable', 'shut an account out and end its logins'),
  statusCommand('enable', 'let an account in again'),
];

function statusCommand(op: 'enable' | 'disable', meaning: string): Command {
  return {
    name: `user ${op}`,
    usage: `NAME ${SERVER_USAGE}`,
    meaning,
    flags: serverFlags,
    mostWords: 1,
    run: async (given) => {
      const name = given.required(0, NAME);
      await (await usersFor(given)).setStatus(name, op);
      say(`${name} is ${op}d.`);
      return 0;
    },
  };
}

async function usersFor(given: Arguments): Promise<Users> {
  const rest = await Rest.of(given);
  return rest === undefined ? usersHere : usersThere(rest);
}

/** From stdin and never from the command line, which every user of the machine can read. */
async function newPassword(given: Arguments): Promise<{ password: string; made: boolean }> {
  if (!given.has('password-stdin')) {
    return { password: randomBytes(PASSWORD_BYTES).toString('base64url'), made: true };
  }
  const password = (await text(process.stdin)).replace(/\r?\n$/, '');
  return { password, made: false };
}

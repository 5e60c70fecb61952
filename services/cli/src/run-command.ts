import { RegistryUnavailable } from '@waystation/bus';
import { ConfigError } from '@waystation/config';
import { StartError } from '@waystation/ops';
import { RedisUnreachable } from '@waystation/state';
import { Arguments } from './arguments.js';
import type { Command } from './command.js';
import { commands } from './commands.js';
import { Failure, UsageError } from './failure.js';
import { note, say } from './output.js';

const BAD_USAGE = 2;

/** Runs what a command line asks for. Returns the exit code: 0 done, 1 not done, 2 not understood. */
export async function runCommand(argv: readonly string[]): Promise<number> {
  const command = commands.find(({ name }) => argv.slice(0, wordsOf(name)).join(' ') === name);
  if (command === undefined) return explain(argv);
  try {
    const rest = argv.slice(wordsOf(command.name));
    return await command.run(new Arguments(rest, command.flags, command.mostWords));
  } catch (error) {
    return told(error, command);
  }
}

function wordsOf(name: string): number {
  return name.split(' ').length;
}

function told(error: unknown, { name, usage }: Command): number {
  if (error instanceof UsageError) {
    note(`${error.message} Usage: waystation ${name} ${usage}`.trimEnd());
    return BAD_USAGE;
  }
  note(sentenceOf(error));
  return 1;
}

const WORDED = [Failure, ConfigError, StartError, RedisUnreachable];

function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return `This is a fault in waystation: ${String(error)}`;
  if (WORDED.some((kind) => error instanceof kind)) return error.message;
  if (error instanceof RegistryUnavailable) {
    return `The registry does not answer (${error.message}); see that it runs, and repeat this.`;
  }
  if ('syscall' in error) return `The system refuses it (${error.message}).`;
  return `This is a fault in waystation: ${error.stack}`;
}

function explain(argv: readonly string[]): number {
  const asked = argv.length === 0 || ['help', '--help', '-h'].includes(argv[0] ?? '');
  const print = asked ? say : note;
  if (!asked) print(`There is no command "${argv.slice(0, 2).join(' ')}".`);
  print('Usage: waystation <command>');
  for (const { name, usage, meaning } of commands) {
    print(`  ${name} ${usage}`.trimEnd());
    print(`      ${meaning}`);
  }
  return asked ? 0 : BAD_USAGE;
}

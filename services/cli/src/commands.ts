import type { Command } from './command.js';
import { backupCommand } from './commands/backup.js';
import { configCommands } from './commands/config.js';
import { doctorCommand } from './commands/doctor.js';
import { importCommand } from './commands/import.js';
import { importLejianwenCommand } from './commands/import-lejianwen.js';
import { keyCommands } from './commands/key.js';
import { restoreCommand } from './commands/restore.js';
import { userCommands } from './commands/user.js';

/** Every command, in the order of the usage. */
export const commands: readonly Command[] = [
  doctorCommand,
  ...configCommands,
  ...keyCommands,
  ...userCommands,
  backupCommand,
  restoreCommand,
  importCommand,
  importLejianwenCommand,
];

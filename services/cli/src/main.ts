#!/usr/bin/env node
import { silenceNest } from '@waystation/ops';
import { runCommand } from './run-command.js';

silenceNest();
// exitCode and no exit(): output to a pipe may still be on its way
process.exitCode = await runCommand(process.argv.slice(2));

#!/usr/bin/env node
import { silenceNest } from '@waystation/ops';
import { runToEnd } from './process-end.js';
import { runCommand } from './run-command.js';

silenceNest();
runToEnd(() => runCommand(process.argv.slice(2)));

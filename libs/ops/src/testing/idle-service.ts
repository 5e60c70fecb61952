// A service without any part, for tests of runService. With the argument `slow` its end lasts for
// ever; SIGUSR2 makes it throw where nobody catches.
import { Module, type OnApplicationShutdown } from '@nestjs/common';
import { readConfig, relaySettings } from '@waystation/config';
import { runService } from '../run.js';

class IdleModule implements OnApplicationShutdown {
  async onApplicationShutdown(): Promise<void> {
    if (process.argv.includes('slow')) await new Promise(() => undefined);
  }
}
Module({})(IdleModule);

process.on('SIGUSR2', () => {
  throw new Error('thrown on purpose');
});

await runService(IdleModule, {
  name: 'idle',
  config: () => readConfig(relaySettings, { argv: [] }),
});

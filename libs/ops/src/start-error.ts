import { ConfigError } from '@waystation/config';

/**
 * A service cannot start for a reason that its operator can mend. The message is one whole sentence
 * that names the setting and the remedy.
 */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** What to tell the operator about a failed start: whole sentences, the cause and the remedy. */
export function explainStart(error: unknown): string {
  if (error instanceof ConfigError || error instanceof StartError) return error.message;
  if (!(error instanceof Error)) return `The start failed: ${String(error)}.`;
  const code = 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE' || /EADDRINUSE|in use/i.test(error.message)) {
    return `A port is taken by another program (${plain(error)}): stop that program or change the PORT setting.`;
  }
  if (code === 'EACCES') {
    return `The system refuses it (${plain(error)}): use a port from 1024 up, or correct the folder's permissions.`;
  }
  if (code === 'EADDRNOTAVAIL') {
    return `BIND names an address that this machine does not have (${plain(error)}): correct it or leave it empty.`;
  }
  return `The start failed: ${plain(error)}.`;
}

function plain(error: Error): string {
  return error.message.replace(/\s+/g, ' ').replace(/\.$/, '');
}

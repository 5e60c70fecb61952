/** Where a client finds its server; empty: the client works it out itself. */
export interface ClientServer {
  readonly host: string;
  readonly relay: string;
  readonly api: string;
  /** The server's public key, standard base64. */
  readonly key: string;
}

/**
 * The text that clients import, and that `--config` takes: URL-safe base64 without padding of JSON in
 * ASCII, backwards.
 */
export function configString({ host, relay, api, key }: ClientServer): string {
  const json = JSON.stringify({ host, relay, api, key }).replace(
    /[\u0080-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return [...Buffer.from(json).toString('base64url')].reverse().join('');
}

/** Name of a Windows client that brings its server along. */
export function executableName(server: ClientServer): string {
  return `rustdesk-licensed-${configString(server)}.exe`;
}

import { Buffer } from 'node:buffer';

/** What a client needs to know of its server; the empty text stands for what it derives itself. */
export interface ClientConfig {
  readonly host: string;
  readonly relay: string;
  readonly api: string;
  /** Standard base64 of the server's public key. */
  readonly key: string;
}

/**
 * The string that clients import: base64url of JSON, without padding (the command line takes none),
 * written backwards. The JSON is ASCII, because clients look for `--` in the string (api 7.1).
 */
export function configString({ host, relay, api, key }: ClientConfig): string {
  const ascii = JSON.stringify({ host, relay, api, key }).replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return [...Buffer.from(ascii).toString('base64url')].reverse().join('');
}

/** The name under which the Windows client, downloaded or copied, finds its server by itself. */
export function windowsName(config: ClientConfig): string {
  return `rustdesk-licensed-${configString(config)}.exe`;
}

/** What the QR code of phones says. */
export function qrText(config: ClientConfig): string {
  return `config=${configString(config)}`;
}
